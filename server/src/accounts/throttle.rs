//! How often a password may be tried: for each login, known or not, and for each address.

use core::net::IpAddr;
use core::num::NonZeroU32;
use std::sync::LazyLock;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// At so many remembered keys those at rest are forgotten.
const KEYS_MAX: usize = 20_000;

/// Attempts for a login: ten at once, then one every six seconds.
static LOGINS: LazyLock<DefaultKeyedRateLimiter<String>> = LazyLock::new(|| limiter(10));
/// Attempts from an address: sixty at once, then one every second.
static ADDRESSES: LazyLock<DefaultKeyedRateLimiter<IpAddr>> = LazyLock::new(|| limiter(60));

/// Attempts with a link from an address, this machine's included: twenty at once, then one every three
/// seconds.
static LINKS: LazyLock<DefaultKeyedRateLimiter<Option<IpAddr>>> = LazyLock::new(|| limiter(20));

fn limiter<K: Clone + Eq + core::hash::Hash>(per_minute: u32) -> DefaultKeyedRateLimiter<K> {
    let most = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
    RateLimiter::keyed(Quota::per_minute(most).allow_burst(most))
}

/// Counts an attempt and says whether it may go on.
///
/// Requests from this machine itself are not counted by address: they come from the proxy that ends
/// TLS, so all of a municipality would share one allowance.
#[must_use]
pub fn allows(login: &str, from: Option<IpAddr>) -> bool {
    if LOGINS.len() > KEYS_MAX {
        LOGINS.retain_recent();
    }
    if ADDRESSES.len() > KEYS_MAX {
        ADDRESSES.retain_recent();
    }
    let far = from.filter(|address| !address.is_loopback());
    let by_address = far.is_none_or(|address| ADDRESSES.check_key(&address).is_ok());
    by_address && LOGINS.check_key(&login.to_lowercase()).is_ok()
}

/// Counts an attempt with a link and says whether it may go on.
#[must_use]
pub fn allows_link(from: Option<IpAddr>) -> bool {
    if LINKS.len() > KEYS_MAX {
        LINKS.retain_recent();
    }
    LINKS.check_key(&from).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_ten_attempts_however_it_is_written() {
        let tried =
            (0..20).filter(|at| allows(if at % 2 == 0 { "throttled" } else { "THROTTLED" }, None));
        assert_eq!(tried.count(), 10);
        assert!(allows("somebody else", None));
    }

    #[test]
    fn an_address_has_sixty_attempts_for_all_logins_but_the_proxy_has_no_limit() {
        let tried = |from: &str| {
            let from = from.parse().ok();
            (0..70).filter(|at| allows(&format!("{from:?} {at}"), from)).count()
        };
        assert_eq!(tried("192.0.2.7"), 60);
        assert_eq!(tried("127.0.0.1"), 70);
    }
}
