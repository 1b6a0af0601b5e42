//! The https client that all calls to AWS share.
//!
//! By itself each of the SDK's clients would make two connectors when the function starts, and each of them
//! would copy and read all the roots that the system trusts, which on many systems come out of more than a
//! hundred files. That is a third of what starting takes (docs/performance.md).

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, HttpClientError};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::Env;

/// A connection idle for longer may have died while the function was frozen, so it is not used again.
const IDLE: Duration = Duration::from_secs(20);
/// Where a system has all its roots in one file: Amazon Linux, which functions run on, and Debian.
const BUNDLES: [&str; 2] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];
/// Variables that say where the roots are.
const ROOTS_ELSEWHERE: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// One client for all of AWS's services, which verifies them by the roots that the system trusts.
pub(crate) fn https(env: &Env) -> Result<SharedHttpClient, HttpClientError> {
    verifying_by(trusted(env, &BUNDLES))
}

/// One client that believes whom these roots vouch for, and nobody else.
fn verifying_by(roots: TrustStore) -> Result<SharedHttpClient, HttpClientError> {
    let context = TlsContext::builder().with_trust_store(roots).build()?;
    let client = Builder::new()
        .pool_idle_timeout(IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    Ok(SharedHttpClient::new(MadeOnce(client)))
}

/// The roots of the first bundle there is. Without one, or with one that is not whole, or if somebody says
/// where the roots are, they are looked for wherever systems keep them.
fn trusted(env: &Env, bundles: &[impl AsRef<Path>]) -> TrustStore {
    if ROOTS_ELSEWHERE.iter().any(|variable| env.optional(variable).is_some()) {
        return TrustStore::default();
    }
    let bundle = bundles.iter().find_map(|bundle| std::fs::read(bundle).ok());
    match bundle.filter(|bundle| is_whole(bundle)) {
        Some(bundle) => TrustStore::empty().with_pem_certificate(bundle),
        None => TrustStore::default(),
    }
}

/// Whether each certificate can be used as a root. A trust store that is given others panics.
fn is_whole(bundle: &[u8]) -> bool {
    let mut certificates = CertificateDer::pem_slice_iter(bundle).peekable();
    certificates.peek().is_some()
        && certificates.all(|certificate| {
            certificate.is_ok_and(|root| webpki::anchor_from_trusted_cert(&root).is_ok())
        })
}

/// A client whose connections are made by one connector, when the first is needed.
#[derive(Debug)]
struct MadeOnce(SharedHttpClient);

/// All but the validation, which would make a connector for each of the SDK's clients and throw it away.
impl HttpClient for MadeOnce {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[cfg(test)]
mod handshakes;
#[cfg(test)]
mod tests;
