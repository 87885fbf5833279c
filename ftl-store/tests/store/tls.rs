//! TLS to PostgreSQL and Redis, with an authority of the test's own: the right name is let in, a wrong name, another
//! authority and no encryption are not.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ftl_core::journal::{JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::league::commands;

/// An authority, and a certificate of it for `localhost`.
struct Certificates {
    dir: TempDir,
}

impl Certificates {
    fn make() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let made = Self { dir };
        std::fs::write(made.path("authority.pem"), authority.pem()).unwrap();
        std::fs::write(made.path("server.pem"), server.pem()).unwrap();
        std::fs::write(made.path("server.key"), key.serialize_pem()).unwrap();
        std::fs::set_permissions(made.path("server.key"), PermissionsExt::from_mode(0o600)).unwrap();
        // PostgreSQL takes a key of its own user's alone, and runs as `postgres` where this is root.
        if id(&["-u"]) == Some(0) {
            chown(made.path("server.key"), id(&["-u", "postgres"]), id(&["-g", "postgres"])).unwrap();
        }
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn id(args: &[&str]) -> Option<u32> {
    let said = Command::new("id").args(args).output().ok()?;
    String::from_utf8_lossy(&said.stdout).trim().parse().ok()
}

fn setting(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

#[tokio::test]
async fn postgres_is_talked_to_through_tls_that_is_checked() {
    let (ours, others) = (Certificates::make(), Certificates::make());
    let [certificate, key] = [setting("ssl_cert_file", &ours.path("server.pem")), setting("ssl_key_file", &ours.path("server.key"))];
    let postgres = ThrowawayPostgres::start_with(&["ssl=on", &certificate, &key]).unwrap();
    let at = |host: &str, mode: &str, authority: PathBuf| {
        let url = format!("postgres://postgres@{host}:{}/postgres?sslmode={mode}&sslrootcert={}", postgres.port(), authority.display());
        Database::at(&url).unwrap()
    };
    let mut connection = at("localhost", "verify-full", ours.path("authority.pem")).connect().await.unwrap();
    let encrypted: bool =
        sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
    assert!(encrypted);
    at("127.0.0.1", "verify-ca", ours.path("authority.pem")).connect().await.unwrap();
    at("127.0.0.1", "verify-full", ours.path("authority.pem")).connect().await.unwrap_err();
    at("localhost", "verify-full", others.path("authority.pem")).connect().await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_talked_to_through_tls_that_is_checked() {
    let (ours, others) = (Certificates::make(), Certificates::make());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = |name: &str| ours.path(name).display().to_string();
    let [authority, certificate, key] = [path("authority.pem"), path("server.pem"), path("server.key")];
    let settings = ["--tls-port", &port.to_string(), "--tls-cert-file", &certificate, "--tls-key-file", &key];
    let settings = [&settings[..], &["--tls-ca-cert-file", &authority, "--tls-auth-clients", "no"]].concat();
    let _redis = ThrowawayRedis::start_with(AppendFsync::EverySecond, &settings).unwrap();
    let at =
        |host: &str, authority: PathBuf| RedisServer::at(&format!("rediss://{host}:{port}/?sslrootcert={}", authority.display())).unwrap();
    let second = Duration::from_secs(1);
    at("127.0.0.1", ours.path("authority.pem")).connect(second).await.map(drop).unwrap_err();
    at("localhost", others.path("authority.pem")).connect(second).await.map(drop).unwrap_err();
    RedisServer::at(&format!("rediss://localhost:{port}/")).unwrap().connect(second).await.map(drop).unwrap_err();

    // A journal works over it.
    let postgres = ThrowawayPostgres::start().unwrap();
    let database = Database::at(&postgres.url()).unwrap();
    migrations::run(&database).await.unwrap();
    let meta = LeagueMeta { league: "main".into(), clock: JournalClock::Supplied, created_at: At(0) };
    leagues::found(&database, &meta, OrderedBy::Redis).await.unwrap();
    let redis = at("localhost", ours.path("authority.pem"));
    let journal = RedisJournal::open(&redis, &database, "main", SharedOptions::default()).await.unwrap();
    let appended = ftl_core::journal::Journal::append(&journal, Tip::default(), Some(At(1)), commands(0..3)).await.unwrap();
    assert_eq!(appended.last.0, 3);
}

#[test]
fn an_authority_that_cannot_be_read_is_named() {
    let refused = RedisServer::at("rediss://localhost:1/?sslrootcert=/not/there.pem").unwrap_err();
    assert!(refused.to_string().contains("/not/there.pem"), "{refused}");
}
