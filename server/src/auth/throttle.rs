//! How often a password may be tried: for each login, known or not, and for each network.
//!
//! A device that shows its own enrolment has an allowance of its own for its login: strangers who use up
//! that of the login keep nobody out of a tablet they have. The enrolment is a signed statement of this
//! server, so an allowance of that kind cannot be made up; colleagues' tablets know it, too, so it is
//! beside that of the login, not in its place.

use core::net::{IpAddr, Ipv6Addr};
use core::num::NonZeroU32;

use crate::given;
use ankomst_shared::ids::DeviceId;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// At so many remembered keys those at rest are forgotten.
const KEYS_MAX: usize = 20_000;

/// The allowances of one running server.
#[derive(Debug)]
pub struct Throttle {
    /// Attempts for a login: ten at once, then one every six seconds.
    logins: DefaultKeyedRateLimiter<String>,
    /// Attempts of a known device for its login: as many.
    devices: DefaultKeyedRateLimiter<DeviceId>,
    /// Attempts from a network: sixty at once, then one every second.
    networks: DefaultKeyedRateLimiter<IpAddr>,
    /// Attempts with a link from a network, this machine's included: twenty at once, then one every
    /// three seconds.
    links: DefaultKeyedRateLimiter<Option<IpAddr>>,
    /// Challenges for passkeys from a network: sixty at once, then one every second. This machine's own
    /// are not counted, as with passwords.
    challenges: DefaultKeyedRateLimiter<IpAddr>,
    /// Farewells of a device: a hundred at once, then one about every half second.
    farewells: DefaultKeyedRateLimiter<DeviceId>,
    /// Pieces of files of a device: three thousand at once, then fifty every second, which is more than six MiB.
    pieces: DefaultKeyedRateLimiter<DeviceId>,
}

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

impl Default for Throttle {
    fn default() -> Self {
        Self {
            logins: limiter(10),
            devices: limiter(10),
            networks: limiter(60),
            links: limiter(20),
            challenges: limiter(60),
            farewells: limiter(100),
            pieces: limiter(3_000),
        }
    }
}

impl Throttle {
    /// Counts an attempt and says whether it may go on. `device` has shown that it is one of this
    /// login's.
    ///
    /// Requests from this machine itself are not counted by network: they come from the proxy that ends
    /// TLS, so all of a municipality would share one allowance.
    #[must_use]
    pub fn allows(&self, login: &str, from: Option<IpAddr>, device: Option<DeviceId>) -> bool {
        if device.is_some_and(|device| is_good(&self.devices, &device)) {
            return true;
        }
        let far = from.map(network).filter(|address| !address.is_loopback());
        far.is_none_or(|network| is_good(&self.networks, &network))
            && is_good(&self.logins, &login.to_lowercase())
    }

    /// Counts an attempt with a link and says whether it may go on.
    #[must_use]
    pub fn allows_link(&self, from: Option<IpAddr>) -> bool {
        is_good(&self.links, &from.map(network))
    }

    /// Counts a challenge for a passkey and says whether it may be made.
    #[must_use]
    pub fn allows_challenge(&self, from: Option<IpAddr>) -> bool {
        let far = from.map(network).filter(|address| !address.is_loopback());
        far.is_none_or(|network| is_good(&self.challenges, &network))
    }

    /// Counts a farewell of a device and says whether it may go on.
    #[must_use]
    pub fn allows_farewell(&self, device: DeviceId) -> bool {
        is_good(&self.farewells, &device)
    }

    /// Counts a piece of a file that a device brings, or a question about one, and says whether it may go on.
    #[must_use]
    pub fn allows_piece(&self, device: DeviceId) -> bool {
        is_good(&self.pieces, &device)
    }
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
        let throttle = Throttle::default();
        let from: Vec<IpAddr> = from.iter().map(|one| one.parse().unwrap()).collect();
        let tries = from.iter().cycle().take(70).enumerate();
        tries
            .filter(|(at, from)| throttle.allows(&format!("{from} {at}"), Some(**from), None))
            .count()
    }

    #[test]
    fn a_login_has_ten_attempts_however_it_is_written() {
        let throttle = Throttle::default();
        let tried = (0..20).filter(|at| {
            throttle.allows(if at % 2 == 0 { "throttled" } else { "THROTTLED" }, None, None)
        });
        assert_eq!(tried.count(), 10);
        assert!(throttle.allows("somebody else", None, None));
    }

    #[test]
    fn a_known_device_has_attempts_of_its_own() {
        let throttle = Throttle::default();
        let device = |number| Some(DeviceId::new(1, [number; 10]));
        assert_eq!((0..20).filter(|_| throttle.allows("besieged", None, None)).count(), 10);
        let tried = (0..20).filter(|_| throttle.allows("besieged", None, device(1)));
        assert_eq!(tried.count(), 10);
        assert!(throttle.allows("besieged", None, device(2)));
        assert!(!throttle.allows("besieged", None, None), "it gives a stranger none");
        let tried = (0..30).filter(|_| throttle.allows("at peace", None, device(3)));
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
