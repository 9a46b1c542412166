//! How words are found: by their beginnings.
//!
//! A text is folded to lower-case words without accents: what is not a letter or a digit parts words. The index has
//! every beginning of every word, so a search by the beginning of a word is a look-up of one key, and its matches
//! stand there in the order of lists already. Several words are the intersection of their look-ups. Nothing is cut
//! off, so nothing has to be compared again. The same code folds what is stored and what is asked for; a change of
//! it takes a migration that builds the index anew.

use std::collections::BTreeSet;

use catalog_api::{CatalogError, MAX_QUERY_CHARS, Product};

/// The most words of one search.
pub(crate) const MAX_QUERY_WORDS: usize = 8;

/// The words under whose beginnings a product is found.
pub(crate) fn product_words(product: &Product) -> BTreeSet<String> {
    [&product.name, &product.category, &product.sku].into_iter().flat_map(|text| words(text)).collect()
}

/// The keys that a search looks up, all of which a product must have: 1 to [`MAX_QUERY_WORDS`], the longest first,
/// because it is likely to have the fewest products, and those are the ones to walk through.
pub(crate) fn query_words(query: &str) -> Result<Vec<String>, CatalogError> {
    if query.chars().count() > MAX_QUERY_CHARS {
        return refuse(format!("write at most {MAX_QUERY_CHARS} characters"));
    }
    let mut asked = words(query);
    asked.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut needed: Vec<String> = Vec::with_capacity(asked.len());
    for word in asked {
        // Who is found by "lamps" is found by "lamp" too.
        if !needed.iter().any(|longer| longer.starts_with(&word)) {
            needed.push(word);
        }
    }
    match needed.len() {
        0 => refuse("write a word, or the beginning of one".to_owned()),
        1..=MAX_QUERY_WORDS => Ok(needed),
        count => refuse(format!("write at most {MAX_QUERY_WORDS} words, not {count}")),
    }
}

fn refuse<T>(reason: String) -> Result<T, CatalogError> {
    Err(CatalogError::InvalidParameter { parameter: "q".to_owned(), reason })
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if is_accent(character) {
            continue;
        }
        if let Some(plain) = unaccented(character) {
            word.push_str(plain);
        } else if character.is_alphanumeric() {
            word.push(character);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// An accent that stands by itself behind its letter.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// What people type who leave the accent of a lower-case letter out: for the Latin letters of Europe and Vietnam, and
/// for Greek and Russian.
fn unaccented(character: char) -> Option<&'static str> {
    Some(match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ'..='ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ'..='ợ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ'..='ự' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ά' => "α",
        'έ' => "ε",
        'ή' => "η",
        'ί' | 'ϊ' | 'ΐ' => "ι",
        'ό' => "ο",
        'ς' => "σ",
        'ύ' | 'ϋ' | 'ΰ' => "υ",
        'ώ' => "ω",
        'ё' => "е",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_whatever_way_their_accents_are_written() {
        assert_eq!(words("Crème-brûlée  SET, 2 l"), ["creme", "brulee", "set", "2", "l"]);
        assert_eq!(words("cre\u{300}me"), ["creme"]);
        assert_eq!(words("Straße İZMİR ΛΌΓΟΣ phở"), ["strasse", "izmir", "λογοσ", "pho"]);
        assert_eq!(words(" -- "), [""; 0]);
    }

    #[test]
    fn a_search_keeps_only_the_words_that_decide_and_the_longest_comes_first() {
        let needed = query_words("lamp oak lam LAMPS lamps").expect("words");
        assert_eq!(needed, ["lamps", "oak"]);
    }

    #[test]
    fn a_search_without_a_word_or_with_too_much_is_refused() {
        let nine_words = "a1 b1 c1 d1 e1 f1 g1 h1 i1";
        for query in ["", "  ", "?!", nine_words, &"x".repeat(MAX_QUERY_CHARS + 1)] {
            let refused = query_words(query).expect_err(query);
            assert!(
                matches!(&refused, CatalogError::InvalidParameter { parameter, .. } if parameter == "q"),
                "{refused:?}"
            );
        }
        assert_eq!(query_words(&nine_words[3..]).expect("eight words").len(), MAX_QUERY_WORDS);
    }
}
