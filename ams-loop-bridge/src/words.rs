//! Loop's words come in several spellings: `Keep Item`, `keep-item`, `keep_item`.

/// Whether two words are the same but for case, outer blanks, and blanks or `-` in place of `_`.
pub(crate) fn same_word(one: &str, other: &str) -> bool {
    plain(one).eq(plain(other))
}

/// Whether a word is one of these.
pub(crate) fn is_among<'a>(words: impl IntoIterator<Item = &'a String>, word: &str) -> bool {
    words.into_iter().any(|known| same_word(known, word))
}

fn plain(word: &str) -> impl Iterator<Item = char> + '_ {
    word.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, ' ' | '-') { '_' } else { c })
}
