//! A server that says the same thing to everybody, and no more than that.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

/// What is done with a connection.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Written after a whole request, and then the connection is closed.
    Bytes(Vec<u8>),
    /// The request is taken in and never answered.
    Silence,
}

/// A whole answer without headers of its own.
pub(crate) fn status(code: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {code} X\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}").into(),
    )
}

pub(crate) fn json(code: u16, body: &Value) -> Answer {
    status(
        code,
        "content-type: application/json\r\n",
        &body.to_string(),
    )
}

pub(crate) fn serve(answer: Answer) -> String {
    serve_counted(answer).0
}

/// With the number of requests so far.
pub(crate) fn serve_counted(answer: Answer) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    // Ends with the process.
    thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A connection that was given up is no request.
            if take_request(&mut stream).is_err() {
                continue;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            match &answer {
                Answer::Bytes(bytes) => {
                    // Whoever has heard enough may have hung up.
                    stream.write_all(bytes).ok();
                }
                // Kept open.
                Answer::Silence => silent.push(stream),
            }
        }
    });
    (base, count)
}

/// Reads one request to its end, so that closing afterwards resets nothing.
fn take_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut taken = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&taken).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse::<usize>().unwrap());
            if body.len() >= length {
                return Ok(());
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => taken.extend_from_slice(&piece[..read]),
        }
    }
}
