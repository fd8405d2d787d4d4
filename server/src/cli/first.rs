//! The link with which the first account is made, as it is shown to whoever starts the server.

use std::io::Write;
use std::net::SocketAddr;

use crate::accounts::first::LINK_HOURS;
use crate::http::welcome::PATH;

/// The link: at the address people open if that is set, else at one that may do.
pub(super) fn link(url: Option<&str>, scheme: &str, address: SocketAddr, secret: &str) -> String {
    let base = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("{scheme}://{}:{}", host(scheme, address), address.port()),
    };
    format!("{base}{PATH}#{secret}")
}

fn host(scheme: &str, address: SocketAddr) -> String {
    let (here, anywhere) = (address.ip().is_loopback(), address.ip().is_unspecified());
    match (here, anywhere, scheme) {
        (false, true, "https") => own_name().unwrap_or_else(|| "localhost".to_owned()),
        (true, ..) | (_, true, _) => "localhost".to_owned(),
        _ if address.is_ipv6() => format!("[{}]", address.ip()),
        _ => address.ip().to_string(),
    }
}

/// What this machine is called.
fn own_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Prints the link on standard output. The log says that it was printed, never the link itself.
pub(super) fn show_link(link: &str) {
    let mut out = std::io::stdout().lock();
    let shown = writeln!(
        out,
        "There is no account yet. Open this link within {LINK_HOURS} hours to make the first one, an administrator; \
         it works once:\n{link}"
    )
    .and_then(|()| out.flush());
    match shown {
        Ok(()) => {
            let what = "There is no account yet. A link to make the first one was printed on standard output; it works once.";
            tracing::info!(hours = LINK_HOURS, "{what}");
        }
        Err(error) => {
            let what = "There is no account yet, and the link to make the first one could not be printed. Start the server with a standard output, or use `ankomst user add`.";
            tracing::error!(%error, "{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_names_the_address_people_open() {
        let at = |url, scheme, address: &str| link(url, scheme, address.parse().unwrap(), "geheim");
        let named = at(Some("https://ankomst.example.org/"), "http", "127.0.0.1:8765");
        assert_eq!(named, "https://ankomst.example.org/welcome#geheim");
        assert_eq!(at(None, "http", "127.0.0.1:1"), "http://localhost:1/welcome#geheim");
        assert_eq!(at(None, "http", "0.0.0.0:1"), "http://localhost:1/welcome#geheim");
        assert_eq!(at(None, "https", "10.0.0.5:1"), "https://10.0.0.5:1/welcome#geheim");
        assert_eq!(at(None, "https", "[fd00::5]:1"), "https://[fd00::5]:1/welcome#geheim");
    }
}
