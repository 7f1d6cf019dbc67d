//! The HTTP server: it reads a request, finds its script and streams the response.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use crate::beats::{self, Beat};
use crate::clock::FirstByteLog;
use crate::conversation::{Conversation, Mark};
use crate::error::with_causes;
use crate::{Action, Error, Script, story};

/// How many requests [`Server::requests`] keeps, and how many bytes of their bodies.
const MOST_REQUESTS: usize = 1_000;
const MOST_REQUEST_BYTES: usize = 256 * 1024 * 1024;
/// The largest request body taken, in bytes; a long thread is sent whole with every request.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// How a server is to run.
#[derive(Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// The folder of the script files that `[[file:name]]` marks name.
    pub scripts: Option<PathBuf>,
    /// What a prompt without a mark gets.
    pub unmarked: Unmarked,
    /// A file that gets a line `{"request": N, "firstByteNs": T}` when each response begins.
    pub first_byte_log: Option<PathBuf>,
    /// A part of every id that the model gives out, so that a restarted server repeats none in a kept thread.
    pub run: String,
}

/// What a prompt without a mark gets.
#[derive(Debug, Default)]
pub enum Unmarked {
    /// The message `hello`.
    #[default]
    Hello,
    /// This script.
    Script(Script),
    /// A patch to the folder of the thread, a command and a closing message.
    Story,
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// Counts all requests of the server from 1.
    pub number: u64,
    pub method: String,
    pub path: String,
    /// The JSON body; null where there was none.
    pub body: Value,
}

/// A scripted model on loopback, on a thread of its own; dropping it closes its connections and its port.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    model: Arc<Model>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server and returns when it listens.
    ///
    /// # Errors
    /// If the port is taken, the first-byte log can't be opened or the thread can't be started.
    pub fn start(options: Options) -> Result<Self, Error> {
        let port = options.port;
        let first_byte_log =
            options.first_byte_log.as_deref().map(FirstByteLog::open).transpose()?;
        let model = Arc::new(Model { options, first_byte_log, record: Mutex::default() });
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(Arc::clone(&model));
        // Bound here and served there: the caller may stand in a runtime, which must not run or drop another.
        let listen = |source| Error::Listen { port, source };
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = oneshot::channel();
        let (started, outcome) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("scripted-model".into())
            .spawn(move || serve(listener, router, stopped, &started))
            .map_err(Error::Thread)?;
        // No outcome means a panic, which was reported where it happened.
        outcome
            .recv()
            .map_err(|_| Error::Thread(io::ErrorKind::Other.into()))?
            .map_err(Error::Thread)?;
        Ok(Self { addr, model, stop: Some(stop), thread: Some(thread) })
    }

    /// The address that the server listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What stands as `base_url` in codex's configuration.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// The last 1,000 requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.model.record().kept.iter().map(Kept::decode).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Runs the server on the present thread until it is told to stop.
fn serve(
    listener: std::net::TcpListener,
    router: Router,
    stopped: oneshot::Receiver<()>,
    started: &mpsc::SyncSender<io::Result<()>>,
) {
    let tell = |outcome| drop(started.send(outcome));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tell(Err(error)),
    };
    runtime.block_on(async move {
        let listener = match TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return tell(Err(error)),
        };
        tell(Ok(()));
        // Nagle's algorithm would hold back a small delta.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        tokio::select! {
            _ = axum::serve(listener, router) => {}
            _ = stopped => {}
        }
    });
}

#[derive(Debug)]
struct Model {
    options: Options,
    first_byte_log: Option<FirstByteLog>,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    count: u64,
    bytes: usize,
    kept: VecDeque<Kept>,
}

#[derive(Debug)]
struct Kept {
    number: u64,
    method: String,
    path: String,
    body: Bytes,
}

impl Kept {
    fn decode(&self) -> RecordedRequest {
        RecordedRequest {
            number: self.number,
            method: self.method.clone(),
            path: self.path.clone(),
            body: serde_json::from_slice(&self.body).unwrap_or_default(),
        }
    }
}

impl Record {
    fn keep(&mut self, method: &Method, uri: &Uri, body: Bytes) -> u64 {
        self.count += 1;
        self.bytes += body.len();
        self.kept.push_back(Kept {
            number: self.count,
            method: method.to_string(),
            path: uri.path().to_owned(),
            body,
        });
        while self.kept.len() > MOST_REQUESTS || self.bytes > MOST_REQUEST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
        self.count
    }
}

impl Model {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The actions of the response to this request.
    async fn actions(&self, body: &Value) -> Result<Vec<Action>, Error> {
        let conversation = Conversation::read(body);
        let (script, outputs) = match conversation.mark() {
            Some(Mark { text, outputs }) => match self.script(&text) {
                Ok(script) => (script, outputs),
                // In a story, people write what they like, double brackets too.
                Err(Error::UnknownKind(_)) if matches!(self.options.unmarked, Unmarked::Story) => {
                    return Ok(story::next(&conversation).await);
                }
                Err(error) => return Err(error),
            },
            None => match &self.options.unmarked {
                Unmarked::Hello => (Script::parse("msg:hello")?, 0),
                Unmarked::Script(script) => (script.clone(), conversation.outputs()),
                Unmarked::Story => return Ok(story::next(&conversation).await),
            },
        };
        Ok(script.step_after(outputs))
    }

    fn script(&self, mark: &str) -> Result<Script, Error> {
        let Some(name) = mark.strip_prefix("file:") else { return Script::parse(mark) };
        match &self.options.scripts {
            Some(folder) => Script::from_folder(folder, name),
            None => Err(Error::NoScripts(name.into())),
        }
    }
}

async fn answer(
    State(model): State<Arc<Model>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let number = model.record().keep(&method, &uri, body.clone());
    if method != Method::POST {
        let status =
            if uri.path().ends_with("/models") { StatusCode::OK } else { StatusCode::NOT_FOUND };
        return (status, Json(json!({ "data": [], "models": [] }))).into_response();
    }
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            return failure(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}"));
        }
    };
    let actions = match model.actions(&body).await {
        Ok(actions) => actions,
        Err(error) => return failure(StatusCode::BAD_REQUEST, &with_causes(&error)),
    };
    if let [Action::Http { status }] = actions[..] {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return failure(status, "the script answered with this status");
    }
    let id = if model.options.run.is_empty() {
        number.to_string()
    } else {
        format!("{}_{number}", model.options.run)
    };
    Sse::new(play(beats::response(&id, actions), model, number)).into_response()
}

/// Turns beats into the events of the stream, at their times. It ends with the connection.
fn play(
    beats: impl Iterator<Item = Beat> + Send + 'static,
    model: Arc<Model>,
    number: u64,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let first = Some((model, number));
    stream::unfold((beats, first, Instant::now()), async |(mut beats, mut first, start)| {
        loop {
            match beats.next()? {
                Beat::Pause(pause) => sleep(pause).await,
                Beat::Until(due) => sleep_until(start + due).await,
                Beat::Event { name, data } => {
                    if let Some((model, number)) = first.take()
                        && let Some(log) = &model.first_byte_log
                    {
                        log.begin(number);
                    }
                    let event = Event::default().event(name).data(data.to_string());
                    return Some((Ok(event), (beats, first, start)));
                }
            }
        }
    })
}

fn failure(status: StatusCode, message: &str) -> Response {
    let error = json!({ "error": { "code": "scripted", "message": message, "type": "scripted" } });
    (status, Json(error)).into_response()
}
