//! Clients that take their time, and those that never come to an end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use reqwest::StatusCode;

use crate::front::Webhook;
use crate::patience::{hold, until};
use crate::service::Service;

/// Connections on which nothing is ever said.
const IDLE: usize = 180;
/// More of them than anybody may have a place for at once.
const CROWD: usize = 320;
const OF_EACH_KIND: usize = 8;
/// Whose answers are more than the kernel keeps for anybody.
const QUESTIONS: usize = 8_000;

/// One that is in no hurry.
struct SlowClient {
    stream: TcpStream,
    kind: Kind,
    answer: Vec<u8>,
    is_cut_off: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Stops in the middle of its headers.
    HalfHead,
    /// Stops in the middle of its body.
    HalfBody,
    /// A byte of its headers now and then, without end.
    DribblesHead,
    /// The same with its body.
    DribblesBody,
    /// Asks for a lot and reads no answer.
    NeverReads,
}

impl SlowClient {
    fn connect(service: &Service, kind: Kind) -> Self {
        let mut stream = connect(service);
        if kind == Kind::NeverReads {
            let asked = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(QUESTIONS);
            // As much as goes.
            drop(stream.write(asked.as_bytes()));
            return Self {
                stream,
                kind,
                answer: Vec::new(),
                is_cut_off: false,
            };
        }
        let start = "POST /webhooks/loop/acme HTTP/1.1\r\nHost: localhost\r\n";
        stream.write_all(start.as_bytes()).unwrap();
        let rest: &[u8] = match kind {
            Kind::HalfHead => b"X-Loop-Sig",
            Kind::DribblesHead => b"X-Slow: ",
            Kind::HalfBody | Kind::DribblesBody | Kind::NeverReads => {
                b"X-Loop-Signature: c2xvdw==\r\nContent-Length: 100000\r\n\r\n{\"topic\":"
            }
        };
        stream.write_all(rest).unwrap();
        Self {
            stream,
            kind,
            answer: Vec::new(),
            is_cut_off: false,
        }
    }

    /// Goes on, if it is let.
    fn go_on(&mut self) {
        if self.kind == Kind::NeverReads {
            let is_fatal = |error: std::io::Error| error.kind() != ErrorKind::WouldBlock;
            self.is_cut_off |= self.stream.write(b"G").is_err_and(is_fatal);
            return;
        }
        if matches!(self.kind, Kind::DribblesHead | Kind::DribblesBody) {
            // Whether it is cut off is seen by reading.
            drop(self.stream.write(b" "));
        }
        let mut buffer = [0; 512];
        self.is_cut_off |= match self.stream.read(&mut buffer) {
            Ok(0) => true,
            Ok(length) => {
                self.answer.extend(&buffer[..length]);
                false
            }
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
    }
}

fn connect(service: &Service) -> TcpStream {
    let address = service.url.trim_start_matches("http://");
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

pub(crate) async fn clients_are_cut_off(service: &Service, real: &Webhook) {
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(service)).collect();
    let kinds = [
        Kind::HalfHead,
        Kind::HalfBody,
        Kind::DribblesHead,
        Kind::DribblesBody,
        Kind::NeverReads,
    ];
    let mut slow: Vec<SlowClient> = kinds
        .iter()
        .flat_map(|kind| (0..OF_EACH_KIND).map(|_| SlowClient::connect(service, *kind)))
        .collect();
    everybody_else_is_served(service, real).await;
    let cut_off = idle.iter().filter(|it| !is_open(it)).count();
    assert_eq!(
        cut_off, 0,
        "others are served beside those that say nothing, not after them"
    );
    until("slow clients to be cut off", async || {
        everybody_else_is_served(service, real).await;
        slow.iter_mut().for_each(SlowClient::go_on);
        let waiting: Vec<_> = slow
            .iter()
            .filter(|it| !it.is_cut_off)
            .map(|it| it.kind)
            .collect();
        hold(waiting.is_empty(), || format!("{waiting:?}"))
    })
    .await;
    for it in &slow {
        let answer = String::from_utf8_lossy(&it.answer);
        let is_told = answer.is_empty() || answer.starts_with("HTTP/1.1 408");
        assert!(is_told, "{:?} was answered: {answer}", it.kind);
    }
    drop(idle);
    let crowd: Vec<TcpStream> = (0..CROWD).map(|_| connect(service)).collect();
    everybody_else_is_served(service, real).await;
    drop(crowd);
}

async fn everybody_else_is_served(service: &Service, real: &Webhook) {
    assert_eq!(service.send(real).await, Some(StatusCode::OK));
    assert_eq!(service.get("/healthz").await.0, StatusCode::OK);
}

fn is_open(stream: &TcpStream) -> bool {
    let peeked = stream.peek(&mut [0]);
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
