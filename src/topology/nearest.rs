//! "Did you mean": the known word that a mistyped one most resembles.

/// The nearest of `known`, if it is near enough that a slip of the keyboard explains the difference.
pub(super) fn nearest<'known>(word: &str, known: impl Iterator<Item = &'known str>) -> Option<&'known str> {
    let word = word.to_lowercase();
    let allowed_edits = (word.chars().count() / 3).max(1);
    known
        .map(|candidate| (edits_between(&word, &candidate.to_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= allowed_edits)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The nearest word as the middle of an error message: empty, or a question that ends in a blank.
pub(super) fn hint<'known>(word: &str, known: impl Iterator<Item = &'known str>) -> String {
    nearest(word, known).map(|candidate| format!("did you mean {candidate:?}? ")).unwrap_or_default()
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour to turn one word into the other
/// (the optimal string alignment distance).
fn edits_between(left: &str, right: &str) -> usize {
    let left = left.chars().collect::<Vec<_>>();
    let right = right.chars().collect::<Vec<_>>();
    let mut edits = vec![vec![0; right.len() + 1]; left.len() + 1];
    for row in 0..=left.len() {
        for column in 0..=right.len() {
            edits[row][column] = if row == 0 || column == 0 {
                row + column
            } else {
                let replaced = edits[row - 1][column - 1] + usize::from(left[row - 1] != right[column - 1]);
                replaced.min(edits[row - 1][column] + 1).min(edits[row][column - 1] + 1)
            };
            let ends_in_swap = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if ends_in_swap {
                edits[row][column] = edits[row][column].min(edits[row - 2][column - 2] + 1);
            }
        }
    }
    edits[left.len()][right.len()]
}
