//! The service's log: one JSON object a line.

use serde_json::Value;

/// All lines. What is no object with time, level and message is a fault.
pub(crate) fn read(lines: &[String]) -> Result<Vec<Value>, String> {
    let parse = |line: &String| match serde_json::from_str::<Value>(line) {
        Ok(object) if is_complete(&object) => Ok(object),
        _ => Err(format!("not a line of a log: {line}")),
    };
    lines.iter().map(parse).collect()
}

fn is_complete(line: &Value) -> bool {
    ["timestamp", "level", "message"]
        .iter()
        .all(|field| line[*field].is_string())
}

/// Which return a line is about.
pub(crate) fn return_id(line: &Value) -> Option<u64> {
    line["return_id"].as_u64()
}

/// Which merchant a line is about: the span that it was written in says so.
pub(crate) fn merchant(line: &Value) -> Option<&str> {
    line["span"]["merchant"].as_str()
}

/// Whether a line warns, or worse, of a merchant's trouble, and has one of these words.
pub(crate) fn tells(line: &Value, merchant: &str, words: &[&str]) -> bool {
    let is_trouble = line["level"] == "WARN" || line["level"] == "ERROR";
    let text = line.to_string().to_lowercase();
    is_trouble
        && self::merchant(line) == Some(merchant)
        && words.iter().any(|word| text.contains(&word.to_lowercase()))
}
