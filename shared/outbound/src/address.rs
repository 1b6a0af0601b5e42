//! Where requests may go.
//!
//! A token is sent to the configured base address and nowhere else: only [`OwnUrl`] can carry one,
//! and only [`BaseUrl`] makes them. An address found in an answer (a `Link` header, a download) is
//! checked first, because whoever can forge an answer would otherwise choose whom we call.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The configured address of a service. Always https, except on loopback.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// An address at the base's own origin; a token may go there.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnUrl(pub(crate) Url);

/// An address elsewhere, found in an answer and allowed; no token goes there.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundUrl(pub(crate) Url);

/// A configured address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an absolute URL.
    #[error("not an absolute URL such as https://example.okta.com")]
    NotAUrl,
    /// Plain http to somewhere else than this machine.
    #[error("only https is allowed (http for loopback addresses alone)")]
    NotHttps,
    /// User name, password, query or fragment.
    #[error("a base address holds no user name, password, query or fragment")]
    TooMuch,
}

/// An address found in an answer that must not be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an answer pointed to an address that is not allowed")]
pub struct ForeignAddress;

impl BaseUrl {
    /// Reads a configured address.
    ///
    /// # Errors
    /// If it is no absolute https URL (http for loopback), or holds more than an origin and a path.
    pub fn configured(text: &str) -> Result<Self, AddressError> {
        let mut url = Url::parse(text).map_err(|_| AddressError::NotAUrl)?;
        let allowed = match url.scheme() {
            "https" => url.has_host(),
            "http" if is_loopback(&url) => true,
            "http" => return Err(AddressError::NotHttps),
            _ => false,
        };
        if !allowed {
            return Err(AddressError::NotAUrl);
        }
        let extra = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if extra {
            return Err(AddressError::TooMuch);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether this service is a local stand-in.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The address of a resource below the base; every segment is percent-encoded.
    pub fn resource(&self, path: &[&str]) -> OwnUrl {
        let mut url = self.0.clone();
        // Fails only for URLs without an origin, which `configured` refuses.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        OwnUrl(url)
    }

    /// An address that continues an answer, such as the next page.
    ///
    /// # Errors
    /// If it is not at the base's own scheme, host and port.
    pub fn continuation(&self, found: &str) -> Result<OwnUrl, ForeignAddress> {
        let url = Url::parse(found).map_err(|_| ForeignAddress)?;
        let named = !url.username().is_empty() || url.password().is_some();
        let same = url.origin() == self.0.origin() && !named;
        same.then_some(OwnUrl(url)).ok_or(ForeignAddress)
    }

    /// An address of a file that an answer offers, on whatever host.
    ///
    /// # Errors
    /// If it is not https at its usual port, holds a user name or a password, or names an address inside a
    /// private network or this machine. A base on loopback may point to loopback, whatever the port.
    pub fn download(&self, found: &str) -> Result<FoundUrl, ForeignAddress> {
        let url = Url::parse(found).map_err(|_| ForeignAddress)?;
        let named = !url.username().is_empty() || url.password().is_some();
        let usual = url.scheme() == "https" && url.port().is_none() && !named;
        let local = self.is_loopback() && is_loopback(&url);
        let public = usual && is_public(&url);
        (local || public).then_some(FoundUrl(url)).ok_or(ForeignAddress)
    }
}

impl OwnUrl {
    /// The same address with a query; names and values are percent-encoded.
    #[must_use]
    pub fn with_query(mut self, query: &[(&str, &str)]) -> Self {
        // Nothing to add would still add a question mark.
        if !query.is_empty() {
            self.0.query_pairs_mut().extend_pairs(query);
        }
        self
    }

    pub(crate) fn into_url(self) -> Url {
        self.0
    }
}

impl FoundUrl {
    pub(crate) fn into_url(self) -> Url {
        self.0
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// The origin alone: paths and queries may hold a login or an e-mail address.
impl fmt::Debug for OwnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/…", self.0.origin().ascii_serialization())
    }
}

/// The origin alone: a signed link is a secret.
impl fmt::Debug for FoundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/…", self.0.origin().ascii_serialization())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local_name(name),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => !is_local_name(name),
        Some(Host::Ipv4(ip)) => is_public_ip(ip.into()),
        Some(Host::Ipv6(ip)) => is_public_ip(ip.into()),
        None => false,
    }
}

/// Whether an address lies on the open internet, by the registries of special-purpose addresses
/// ([IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry),
/// [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry)).
pub(crate) fn is_public_ip(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| is_public_v6(ip), is_public_v4),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (18..20).contains(&b);
    !(a == 0
        || a >= 224
        || shared
        || protocol
        || benchmark
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation())
}

/// Only global unicast (`2000::/3`) is open internet, less documentation, the assignments to protocols
/// (`2001::/23`) and the ranges that carry an IPv4 address of anybody's choice (NAT64 lies outside it; 6to4
/// inside, and Teredo among the protocols).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let documentation = first == 0x2001 && second == 0xdb8 || first == 0x3fff && second < 0x1000;
    let protocol = first == 0x2001 && second < 0x200;
    let tunnel = first == 0x2002;
    first & 0xe000 == 0x2000 && !documentation && !protocol && !tunnel
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::configured(text).unwrap()
    }

    #[test]
    fn only_https_is_configured_except_on_this_machine() {
        assert_eq!(BaseUrl::configured("http://shop.example"), Err(AddressError::NotHttps));
        assert_eq!(BaseUrl::configured("ftp://shop.example"), Err(AddressError::NotAUrl));
        assert_eq!(BaseUrl::configured("shop.example"), Err(AddressError::NotAUrl));
        assert_eq!(BaseUrl::configured("https://me:pw@shop.example"), Err(AddressError::TooMuch));
        for local in ["http://127.0.0.1:9", "http://[::1]:9", "http://api.localhost/"] {
            assert!(base(local).is_loopback());
        }
    }

    #[test]
    fn a_resource_keeps_the_base_path_and_cannot_climb() {
        let url = base("https://okta.example/base/").resource(&["api", "../x", "a@b.c"]).into_url();
        assert_eq!(url.as_str(), "https://okta.example/base/api/..%2Fx/a@b.c");
    }

    #[test]
    fn the_next_page_must_be_at_the_same_origin() {
        let base = base("https://okta.example");
        assert!(base.continuation("https://okta.example/api/v1/users?after=x").is_ok());
        for foreign in [
            "https://evil.example/api",
            "http://okta.example/api",
            "https://okta.example:444/api",
            "https://me@okta.example/api",
            "https://:pw@okta.example/api",
            "/api",
        ] {
            assert_eq!(base.continuation(foreign), Err(ForeignAddress), "{foreign}");
        }
    }

    #[test]
    fn a_download_never_reaches_into_a_private_network() {
        let base = base("https://shop.example");
        for public in [
            "https://storage.example/file?sig=1",
            "https://storage.example:443/file",
            "https://[2001:4860:4860::8888]/file",
        ] {
            assert!(base.download(public).is_ok(), "{public}");
        }
        for inside in [
            "http://storage.example/file",
            "https://localhost/",
            "https://x.localhost./",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.1.1/",
            "https://100.64.0.1/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[2002:7f00:1::]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2001::7f00:1]/",
            "https://[2001:2::1]/",
            "https://storage.example:8443/file",
            "https://me@storage.example/file",
            "https://:pw@storage.example/file",
            "file:///etc/passwd",
        ] {
            assert_eq!(base.download(inside), Err(ForeignAddress), "{inside}");
        }
    }

    #[test]
    fn only_a_base_on_loopback_may_point_to_loopback() {
        assert!(base("http://127.0.0.1:1").download("http://127.0.0.1:2/file").is_ok());
        assert!(base("http://127.0.0.1:1").download("https://10.0.0.1/file").is_err());
    }

    #[test]
    fn debug_hides_what_may_be_personal_or_signed() {
        let url = base("https://okta.example").resource(&["users", "ann@example.com"]);
        assert_eq!(format!("{url:?}"), "https://okta.example/…");
    }
}
