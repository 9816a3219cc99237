//! The side that sends. It renders its requests beforehand and does nothing but write and read, so
//! that the server is what limits.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use loop_ams_benches::return_webhook;
use loop_client::webhook::{WebhookVerifier, sign};

/// What both sides know.
pub(crate) const SECRET: &str = "the secret of the benchmark";
/// Where all servers take them.
pub(crate) const PATH: &str = "/webhooks/loop";

/// Connections that stay open for as long as webhooks come; servers close idle ones.
pub(crate) struct Connections(Vec<TcpStream>);

impl Connections {
    pub(crate) fn open(address: SocketAddr, how_many: usize) -> io::Result<Self> {
        let connect = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        (0..how_many)
            .map(connect)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Sends them all, one at a time on each connection, and says how long it took. Every one has
    /// to be answered with 200.
    pub(crate) fn send(mut self, webhooks: Vec<Vec<u8>>) -> Duration {
        let waiting = Mutex::new(webhooks);
        let began = Instant::now();
        thread::scope(|scope| {
            for stream in &mut self.0 {
                scope.spawn(|| {
                    loop {
                        let next = waiting.lock().unwrap().pop();
                        let Some(webhook) = next else { break };
                        exchange(stream, &webhook).unwrap();
                    }
                });
            }
        });
        began.elapsed()
    }
}

/// Signed webhooks of the topic `return` about these returns, as they go over the wire. They are
/// sent from the last to the first.
pub(crate) fn webhooks(ids: impl IntoIterator<Item = u64>) -> Vec<Vec<u8>> {
    let webhook = |id| {
        let body = return_webhook(id, 2);
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             user-agent: GuzzleHttp/7\r\n{}: {}\r\ncontent-length: {}\r\n\r\n",
            WebhookVerifier::HEADER,
            sign(SECRET.as_bytes(), body.as_bytes()),
            body.len(),
        );
        (head + &body).into_bytes()
    };
    ids.into_iter().map(webhook).collect()
}

/// One request and its answer, which has no body.
fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    stream.write_all(request)?;
    let mut answer = [0; 1024];
    let mut length = 0;
    while !answer[..length].ends_with(b"\r\n\r\n") {
        match stream.read(&mut answer[length..])? {
            0 => return Err(io::Error::other("the connection has ended")),
            more => length += more,
        }
    }
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    if answer.starts_with("http/1.1 200") && answer.contains("content-length: 0") {
        Ok(())
    } else {
        Err(io::Error::other(format!("the answer is {answer}")))
    }
}
