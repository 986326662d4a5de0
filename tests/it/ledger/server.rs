//! A PostgreSQL server of our own: Debian's programs, a temporary cluster, loopback only, gone with the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::Duration;

use crate::system::{self, Ending, is_root};

pub const PASSWORD: &str = "hush-hush-7f31";

/// A certificate or key of the tests.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// A cluster with its server, which may be killed and started again.
pub struct Server {
    folder: tempfile::TempDir,
    pub port: u16,
    process: Mutex<Option<u32>>,
}

/// The newest version's programs, as Debian puts them, or those on the path: as `scripts/postgres-env` looks for them.
fn programs() -> PathBuf {
    let versions = std::env::var_os("POSTGRESQL_VERSIONS").unwrap_or_else(|| "/usr/lib/postgresql".into());
    let mut found: Vec<PathBuf> = std::fs::read_dir(versions)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    found.retain(|folder| folder.join("initdb").exists());
    found.sort();
    found.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    })
    .expect("PostgreSQL's programs: apt-get install postgresql; scripts/test leaves these tests out without them")
}

/// A program of the server's as a user who may run it, since initdb refuses root; killed with the thread that
/// started it.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", "--"]);
    command.arg(program);
    command
}

impl Server {
    pub fn start() -> Arc<Self> {
        Self::with(|_| {})
    }

    /// A server that also speaks TLS, under a certificate for 127.0.0.1 of the tests' own authority.
    pub fn with_tls() -> Arc<Self> {
        Self::with(|folder| {
            for name in ["server.pem", "server.key"] {
                std::fs::copy(fixture(name), folder.join(name)).unwrap();
            }
            system::set_mode(&folder.join("server.key"), 0o600);
        })
    }

    fn with(prepare: impl FnOnce(&Path)) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        if is_root() {
            let owned = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder.path()).status();
            assert!(owned.unwrap().success(), "the user postgres is not there");
        }
        let made = command(&programs().join("initdb"))
            .args([
                "--no-sync",
                "--auth=scram-sha-256",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .arg(format!("--pwfile={}", folder.path().join("password").display()))
            .arg(folder.path().join("data"))
            .env_remove("LC_ALL")
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::on(folder)
    }

    fn on(folder: tempfile::TempDir) -> Arc<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port, process: Mutex::new(None) };
        server.run();
        Arc::new(server)
    }

    /// A replica, as its server keeps one: it follows this server, and can only be read.
    pub fn replica(&self) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let owned = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder.path()).status();
            assert!(owned.unwrap().success(), "the user postgres is not there");
        }
        let copied = command(&programs().join("pg_basebackup"))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", "--no-sync"])
            .args(["--checkpoint=fast", "--write-recovery-conf", "-D"])
            .arg(folder.path().join("data"))
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        Self::on(folder)
    }

    /// Starts the server on its cluster and waits until it answers.
    pub fn run(&self) {
        let data = self.folder.path().join("data");
        let log =
            std::fs::File::options().append(true).create(true).open(self.folder.path().join("log")).unwrap();
        let port = self.port.to_string();
        let mut command = command(&programs().join("postgres"));
        command.arg("-D").arg(data).args(["-p", &port, "-h", "127.0.0.1", "-k", ""]);
        command.args(["-c", "max_connections=60", "-c", "full_page_writes=off"]);
        if self.folder.path().join("server.key").exists() {
            let file = |name: &str| self.folder.path().join(name).display().to_string();
            command.args(["-c", "ssl=on"]);
            command.arg("-c").arg(format!("ssl_cert_file={}", file("server.pem")));
            command.arg("-c").arg(format!("ssl_key_file={}", file("server.key")));
        }
        command.stdout(Stdio::null()).stderr(log).stdin(Stdio::null());
        let (say, hear) = mpsc::channel();
        // the thread lives as long as the server, and the server no longer than the thread
        std::thread::spawn(move || {
            let mut child = command.spawn().unwrap();
            say.send(child.id()).unwrap();
            let _ = child.wait();
        });
        *self.process.lock().unwrap() = Some(hear.recv().unwrap());
        for _ in 0..200 {
            if self.try_admin("postgres", "SELECT 1").is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        panic!("the server does not answer: {log}");
    }

    /// SIGKILL, as a machine that loses its power.
    pub fn kill(&self) {
        self.end(Ending::Kill);
    }

    fn end(&self, how: Ending) {
        let Some(process) = self.process.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        system::end(process, how);
        // a busy machine takes its time
        for _ in 0..3_000 {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(std::thread::panicking(), "the server does not die");
    }

    fn url_as(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    fn try_admin(&self, database: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut config: tokio_postgres::Config = self.url_as("postgres", database).parse().unwrap();
            config.password(PASSWORD);
            let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(sql).await
        })
    }

    /// A database that nobody else uses.
    pub fn database(self: &Arc<Self>) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("thor_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.try_admin("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        Database { server: Arc::clone(self), name }
    }

    /// A database that is there.
    pub fn database_named(self: &Arc<Self>, name: &str) -> Database {
        Database { server: Arc::clone(self), name: name.to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // at once, and with nothing left of it
        self.end(Ending::Interrupt);
    }
}

/// The server that the tests of this process share which run at a time; the last of them ends it.
pub fn shared() -> Arc<Server> {
    static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut known = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    known.upgrade().unwrap_or_else(|| {
        let server = Server::start();
        *known = Arc::downgrade(&server);
        server
    })
}

pub struct Database {
    server: Arc<Server>,
    pub name: String,
}

impl Database {
    /// The URL without the password, which comes by PGPASSWORD.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, user: &str) -> String {
        self.server.url_as(user, &self.name)
    }

    /// The URL with another way of speaking to the server.
    pub fn url_with(&self, query: &str) -> String {
        self.url().replace("sslmode=disable", query)
    }

    /// Statements as the server's own user.
    pub fn admin(&self, sql: &str) {
        self.server.try_admin(&self.name, sql).unwrap();
    }
}
