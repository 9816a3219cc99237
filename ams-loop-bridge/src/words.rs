//! Loop's words come in several spellings: `Keep Item`, `keep-item`, `keep_item`.

/// Whether two words are the same but for case, outer blanks, and blanks or `-` in place of `_`.
pub(crate) fn same_word(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    if one.is_ascii() && other.is_ascii() {
        // Nearly always, and many times faster.
        return one.len() == other.len()
            && one
                .bytes()
                .map(plain_byte)
                .eq(other.bytes().map(plain_byte));
    }
    one.chars()
        .flat_map(plain)
        .eq(other.chars().flat_map(plain))
}

/// Whether a word is one of these.
pub(crate) fn is_among<'a>(words: impl IntoIterator<Item = &'a String>, word: &str) -> bool {
    words.into_iter().any(|known| same_word(known, word))
}

/// Whether a return method is Happy Returns. Loop documents no list of methods.
pub(crate) fn is_happy_returns(word: &str) -> bool {
    same_word(word, "happy_returns") || same_word(word, "happyreturns")
}

fn plain_byte(byte: u8) -> u8 {
    match byte {
        b' ' | b'-' => b'_',
        other => other.to_ascii_lowercase(),
    }
}

fn plain(c: char) -> impl Iterator<Item = char> {
    let c = if matches!(c, ' ' | '-') { '_' } else { c };
    c.to_lowercase()
}
