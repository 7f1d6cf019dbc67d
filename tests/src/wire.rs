//! LSP frames, read and written.

use std::io::{self, BufRead, Read};

use serde_json::Value;

/// The bytes of one message.
pub fn frame(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The next message; none at the end of the stream. Whatever is not exactly a frame is an error.
pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Value>> {
    let mut header = String::new();
    if stream.read_line(&mut header)? == 0 {
        return Ok(None);
    }
    let length = header.strip_prefix("Content-Length: ").and_then(|rest| rest.strip_suffix("\r\n"));
    let length = length.and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or_else(|| not_a_frame(&header))?;
    let mut blank = [0; 2];
    stream.read_exact(&mut blank)?;
    if blank != *b"\r\n" {
        return Err(not_a_frame(&header));
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&body).map(Some).map_err(Into::into)
}

fn not_a_frame(header: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not the header of a frame: {header:?}"))
}
