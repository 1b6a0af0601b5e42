//! Who is believed to be AWS, found out by connecting: the roots of the bundle that a system has, and no others.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use outbound::Error;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::PrivateKeyDer;
use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::secrets::{SecretStore, SecretsManager};

/// Where services are. An address has nobody look up a name.
const HERE: &str = "127.0.0.1";
/// A root that is in every bundle, and vouches for nobody here.
const OTHERS: &str = include_str!("root.pem");
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n\
                      content-length: 23\r\nconnection: close\r\n\r\n{\"SecretString\":\"told\"}";

/// Who vouches for services, with a key that no other has.
struct Authority {
    root: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A service that takes one connection and answers one request.
struct Service {
    port: u16,
    end: JoinHandle<io::Result<()>>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().pem();
        Self { root, issuer: Issuer::new(params, key) }
    }

    /// Begins a service, and vouches for it.
    fn serve(&self) -> Service {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([HERE.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let shown = ServerConfig::builder().with_no_client_auth();
        let shown = Arc::new(shown.with_single_cert(vec![leaf.der().clone()], key).unwrap());
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        Service { port, end: thread::spawn(move || answer_one(&listener, shown)) }
    }

    /// The file in which a system would have this root after others.
    fn bundle(&self, name: &str) -> TrustStore {
        let name = format!("segments-{name}-{}.pem", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, format!("{OTHERS}{}", self.root)).unwrap();
        let roots = trusted(&Env::from(|_| None), &[&file]);
        std::fs::remove_file(&file).unwrap();
        roots
    }
}

fn answer_one(listener: &TcpListener, shown: Arc<ServerConfig>) -> io::Result<()> {
    let (mut socket, _) = listener.accept()?;
    let mut connection = ServerConnection::new(shown).map_err(io::Error::other)?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    // Its body is one JSON object, and is all that can end in this way.
    while !request.ends_with(b"}") {
        let length = stream.read(&mut part)?;
        request.extend_from_slice(&part[..length]);
    }
    stream.write_all(ANSWER.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// What the service tells whoever trusts these roots.
async fn told(service: &Service, roots: TrustStore) -> Result<SecretString, Error> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(format!("https://{HERE}:{}", service.port))
        .http_client(verifying_by(roots).unwrap())
        .build();
    SecretsManager::new(Client::from_conf(config)).read("id").await
}

#[tokio::test]
async fn a_service_is_believed_if_any_root_of_the_bundle_vouches_for_it() {
    let authority = Authority::new();
    let service = authority.serve();
    let secret = told(&service, authority.bundle("own")).await.unwrap();
    assert_eq!(secret.expose_secret(), "told");
    service.end.join().unwrap().unwrap();
}

/// All authorities here bear the same name.
#[tokio::test]
async fn a_service_is_not_believed_if_no_root_of_the_bundle_vouches_for_it() {
    let service = Authority::new().serve();
    assert!(told(&service, Authority::new().bundle("another")).await.is_err());
    let refused = service.end.join().unwrap().unwrap_err();
    let refused = refused.get_ref().and_then(|why| why.downcast_ref::<rustls::Error>());
    assert!(matches!(refused, Some(rustls::Error::AlertReceived(_))), "{refused:?}");
}
