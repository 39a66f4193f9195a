// A line protocol's server: commands in, replies out, one task a connection.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{tcp::OwnedWriteHalf, TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc, RwLock, Semaphore};
use tracing::{debug, error, info, instrument, warn};

use crate::config::{Config, Limits};
use crate::store::{self, Entry, Key, Store, StoreError};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_LINE: usize = 64 * 1024;
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// What a client can ask for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command<'a> {
    Get { key: &'a str },
    Set { key: &'a str, value: &'a [u8], ttl: Option<Duration> },
    Delete { keys: Vec<&'a str> },
    Increment { key: &'a str, by: i64 },
    Subscribe(&'a str),
    Ping,
    Quit,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("unknown command `{0}`")]
    UnknownCommand(String),
    #[error("`{command}` takes {expected} arguments, not {found}")]
    Arity { command: &'static str, expected: usize, found: usize },
    #[error("`{0}` is not a number")]
    NotANumber(String, #[source] std::num::ParseIntError),
    #[error("line is longer than {MAX_LINE} bytes")]
    LineTooLong,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("connection lost")]
    Io(#[from] io::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl<'a> Command<'a> {
    /// Reads one line, its end already stripped.
    pub fn parse(line: &'a str) -> Result<Command<'a>> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().unwrap_or("");
        let arguments: Vec<&str> = words.collect();
        let arity = |command, expected| match arguments.len() {
            found if found == expected => Ok(()),
            found => Err(Error::Arity { command, expected, found }),
        };
        match name.to_ascii_lowercase().as_str() {
            "get" => {
                arity("get", 1)?;
                Ok(Command::Get { key: arguments[0] })
            }
            "set" if arguments.len() == 3 => {
                let seconds = parse_number::<u64>(arguments[2])?;
                Ok(Command::Set {
                    key: arguments[0],
                    value: arguments[1].as_bytes(),
                    ttl: Some(Duration::from_secs(seconds)),
                })
            }
            "set" => {
                arity("set", 2)?;
                Ok(Command::Set { key: arguments[0], value: arguments[1].as_bytes(), ttl: None })
            }
            "del" | "delete" => Ok(Command::Delete { keys: arguments }),
            "incr" => {
                arity("incr", 1)?;
                Ok(Command::Increment { key: arguments[0], by: 1 })
            }
            "decr" => {
                arity("decr", 1)?;
                Ok(Command::Increment { key: arguments[0], by: -1 })
            }
            "ping" => Ok(Command::Ping),
            "quit" | "exit" => Ok(Command::Quit),
            other => Err(Error::UnknownCommand(other.to_owned())),
        }
    }
}

fn parse_number<T>(text: &str) -> Result<T>
where
    T: std::str::FromStr<Err = std::num::ParseIntError>,
{
    text.parse().map_err(|source| Error::NotANumber(text.to_string(), source))
}

pub struct Server {
    config: Arc<Config>,
    store: Arc<RwLock<Store>>,
    slots: Arc<Semaphore>,
    stop: broadcast::Sender<()>,
    topics: HashMap<String, mpsc::Sender<Vec<u8>>>,
}

struct Connection {
    peer: SocketAddr,
    out: OwnedWriteHalf,
    buffer: BytesMut,
    started: Instant,
    stats: Stats,
}

#[derive(Default)]
struct Stats {
    commands: u64,
    errors: u64,
    bytes_in: usize,
    bytes_out: usize,
}

impl Server {
    pub fn new(config: Config, store: Store) -> Self {
        let (stop, _) = broadcast::channel(1);
        let slots = Arc::new(Semaphore::new(config.limits.connections));
        Server {
            config: Arc::new(config),
            store: Arc::new(RwLock::new(store)),
            slots,
            stop,
            topics: HashMap::new(),
        }
    }

    #[instrument(skip(self), fields(address = %self.config.address))]
    pub async fn run(self: Arc<Self>) -> io::Result<()> {
        let listener = TcpListener::bind(&self.config.address).await?;
        info!("listening on {}", listener.local_addr()?);
        let mut stopped = self.stop.subscribe();
        loop {
            // A slot is taken before a connection is, so that what cannot be served waits outside.
            let slot = self.slots.clone().acquire_owned().await.expect("never closed");
            let (stream, peer) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(pair) => pair,
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    Err(error) => return Err(error),
                },
                _ = stopped.recv() => return Ok(()),
            };
            CONNECTIONS.fetch_add(1, Ordering::Relaxed);
            let server = Arc::clone(&self);
            tokio::spawn(async move {
                if let Err(error) = server.serve(stream, peer).await {
                    warn!(%peer, %error, "connection ended");
                }
                drop(slot);
            });
        }
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr) -> Result<()> {
        stream.set_nodelay(true)?;
        let (read, out) = stream.into_split();
        let mut lines = BufReader::with_capacity(8192, read);
        let mut connection = Connection {
            peer,
            out,
            buffer: BytesMut::with_capacity(1024),
            started: Instant::now(),
            stats: Stats::default(),
        };
        let mut line = String::new();
        loop {
            line.clear();
            let timeout = self.config.timeout.unwrap_or(DEFAULT_TIMEOUT);
            let n = match tokio::time::timeout(timeout, lines.read_line(&mut line)).await {
                Ok(read) => read?,
                Err(_elapsed) => {
                    connection.reply(b"-timeout\r\n").await?;
                    break;
                }
            };
            if n == 0 {
                break;
            }
            connection.stats.commands += 1;
            connection.stats.bytes_in += n;
            if n > MAX_LINE {
                return Err(Error::LineTooLong);
            }
            match Command::parse(line.trim_end_matches(&['\r', '\n'][..])) {
                Ok(Command::Quit) => break,
                Ok(command) => self.execute(&mut connection, command).await?,
                Err(error) => {
                    connection.stats.errors += 1;
                    let reply = format!("-error: {error}\r\n");
                    connection.reply(reply.as_bytes()).await?;
                }
            }
        }
        debug!(
            peer = %connection.peer,
            seconds = connection.started.elapsed().as_secs_f64(),
            commands = connection.stats.commands,
            "bye",
        );
        Ok(())
    }

    async fn execute(&self, connection: &mut Connection, command: Command<'_>) -> Result<()> {
        match command {
            Command::Ping => connection.reply(b"+pong\r\n").await,
            Command::Get { key } => {
                let store = self.store.read().await;
                match store.get(&Key::from(key)) {
                    Some(Entry { value, .. }) => {
                        connection.reply(format!("${}\r\n", value.len()).as_bytes()).await?;
                        connection.reply(value).await?;
                        connection.reply(b"\r\n").await
                    }
                    None => connection.reply(b"$-1\r\n").await,
                }
            }
            Command::Set { key, value, ttl } => {
                let expires = ttl.map(|ttl| Instant::now() + ttl);
                self.store.write().await.put(key.into(), value.to_vec(), expires)?;
                connection.reply(b"+ok\r\n").await
            }
            Command::Delete { keys } => {
                let mut store = self.store.write().await;
                let n = keys.into_iter().filter(|key| store.remove(&Key::from(*key)).is_some());
                let reply = format!(":{}\r\n", n.count());
                connection.reply(reply.as_bytes()).await
            }
            Command::Increment { key, by } => {
                let value = self.store.write().await.add(key.into(), by)?;
                connection.reply(format!(":{value}\r\n").as_bytes()).await
            }
            Command::Subscribe(topic) => {
                error!("no topic {topic:?}: there are {}", self.topics.len());
                connection.reply(b"-error: no such topic\r\n").await
            }
            Command::Quit => unreachable!(),
        }
    }
}

impl Connection {
    async fn reply(&mut self, bytes: &[u8]) -> Result<()> {
        self.stats.bytes_out += bytes.len();
        self.out.write_all(bytes).await.map_err(Error::from)
    }
}
