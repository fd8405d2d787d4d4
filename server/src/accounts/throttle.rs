//! How often a password may be tried: for each login, known or not, and for each network.
//!
//! A device that shows its own enrolment has an allowance of its own for its login: strangers who use up
//! that of the login keep nobody out of a tablet they have. The enrolment is a signed statement of this
//! server, so an allowance of that kind cannot be made up; colleagues' tablets know it, too, so it is
//! beside that of the login, not in its place.

use core::net::{IpAddr, Ipv6Addr};
use core::num::NonZeroU32;
use std::sync::LazyLock;

use ankomst_shared::ids::DeviceId;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::given;

/// At so many remembered keys those at rest are forgotten.
const KEYS_MAX: usize = 20_000;

/// Attempts for a login: ten at once, then one every six seconds.
static LOGINS: LazyLock<DefaultKeyedRateLimiter<String>> = LazyLock::new(|| limiter(10));
/// Attempts of a known device for its login: as many.
static DEVICES: LazyLock<DefaultKeyedRateLimiter<DeviceId>> = LazyLock::new(|| limiter(10));
/// Attempts from a network: sixty at once, then one every second.
static NETWORKS: LazyLock<DefaultKeyedRateLimiter<IpAddr>> = LazyLock::new(|| limiter(60));

/// Attempts with a link from a network, this machine's included: twenty at once, then one every three
/// seconds.
static LINKS: LazyLock<DefaultKeyedRateLimiter<Option<IpAddr>>> = LazyLock::new(|| limiter(20));

/// Farewells of a device: a hundred at once, then one about every half second.
static FAREWELLS: LazyLock<DefaultKeyedRateLimiter<DeviceId>> = LazyLock::new(|| limiter(100));

fn limiter<K: Clone + Eq + core::hash::Hash>(per_minute: u32) -> DefaultKeyedRateLimiter<K> {
    let most = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
    RateLimiter::keyed(Quota::per_minute(most).allow_burst(most))
}

fn is_good<K: Clone + Eq + core::hash::Hash>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> bool {
    // It counts by a clock of its own, which nobody simulates.
    if given::is_simulated() {
        return true;
    }
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(key).is_ok()
}

/// Counts an attempt and says whether it may go on. `device` has shown that it is one of this login's.
///
/// Requests from this machine itself are not counted by network: they come from the proxy that ends
/// TLS, so all of a municipality would share one allowance.
#[must_use]
pub fn allows(login: &str, from: Option<IpAddr>, device: Option<DeviceId>) -> bool {
    if device.is_some_and(|device| is_good(&DEVICES, &device)) {
        return true;
    }
    let far = from.map(network).filter(|address| !address.is_loopback());
    far.is_none_or(|network| is_good(&NETWORKS, &network))
        && is_good(&LOGINS, &login.to_lowercase())
}

/// Counts an attempt with a link and says whether it may go on.
#[must_use]
pub fn allows_link(from: Option<IpAddr>) -> bool {
    is_good(&LINKS, &from.map(network))
}

/// Counts a farewell of a device and says whether it may go on.
#[must_use]
pub fn allows_farewell(device: DeviceId) -> bool {
    is_good(&FAREWELLS, &device)
}

/// Whom an address belongs to, as far as it can be told: of version 4 itself, of version 6 its first 64
/// bits, since one subscriber has all that follow.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) if !six.is_loopback() => {
            let [a, b, c, d, ..] = six.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(from: &[&str]) -> usize {
        let from: Vec<IpAddr> = from.iter().map(|one| one.parse().unwrap()).collect();
        let tries = from.iter().cycle().take(70).enumerate();
        tries.filter(|(at, from)| allows(&format!("{from} {at}"), Some(**from), None)).count()
    }

    #[test]
    fn a_login_has_ten_attempts_however_it_is_written() {
        let tried = (0..20)
            .filter(|at| allows(if at % 2 == 0 { "throttled" } else { "THROTTLED" }, None, None));
        assert_eq!(tried.count(), 10);
        assert!(allows("somebody else", None, None));
    }

    #[test]
    fn a_known_device_has_attempts_of_its_own() {
        let device = |number| Some(DeviceId::new(1, [number; 10]));
        assert_eq!((0..20).filter(|_| allows("besieged", None, None)).count(), 10);
        let tried = (0..20).filter(|_| allows("besieged", None, device(1)));
        assert_eq!(tried.count(), 10);
        assert!(allows("besieged", None, device(2)));
        assert!(!allows("besieged", None, None), "it gives a stranger none");
        let tried = (0..30).filter(|_| allows("at peace", None, device(3)));
        assert_eq!(tried.count(), 20, "its own and those of the login");
    }

    #[test]
    fn a_network_has_sixty_attempts_for_all_logins_but_the_proxy_has_no_limit() {
        assert_eq!(tried(&["192.0.2.7"]), 60);
        assert_eq!(tried(&["127.0.0.1"]), 70);
        assert_eq!(tried(&["::1", "::ffff:127.0.0.1"]), 70);
        assert_eq!(tried(&["2001:db8:1:2::3", "2001:db8:1:2:ffff::9", "2001:db8:1:2::"]), 60);
        assert_eq!(tried(&["2001:db8:7:2::3", "2001:db8:7:3::3"]), 70, "two networks");
        assert_eq!(tried(&["192.0.2.9", "::ffff:192.0.2.9"]), 60, "two ways to write one");
    }
}
