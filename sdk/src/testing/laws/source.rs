//! The laws of a source.

use super::{Encoded, broken, call, encoded, same_elements, same_order, travelled};
use crate::batch::{BATCH_ROWS_MAX, Builder};
use crate::element::Column;
use crate::error::Result;
use crate::io::{Reader, Source};

const PIECES: &str = "the pieces hold every element once";
const TRAVELS: &str = "a piece survives its encoding";
const AGAIN: &str = "a piece reads the same every time";
const REST: &str = "the rest goes on where the reader stands";
const LIMIT: &str = "a reader heeds the limit of the batch";
const END: &str = "a reader comes to its end";
const TELLS: &str = "size and position can always be told";

/// How many pieces to ask for.
const WANTED: [usize; 5] = [1, 2, 3, 8, 100];
/// In how many pieces the source is when reading is interrupted.
const INTERRUPTED: [usize; 2] = [1, 3];
/// A reader may say so often in a row that it has nothing just now.
const NOTHING_MAX: usize = 1000;

/// Tests a source on the laws that hold for every one.
///
/// For the tests of a [`Source`] of your own: call it on sources of several shapes, such as an empty one, one element,
/// more than a batch of 2,048 elements, and more elements than pieces. The laws:
///
/// - the pieces hold every element once, however many are wanted;
/// - a piece survives its encoding, and reads the same every time;
/// - after any number of elements, the rest goes on where the reader stands, and that of a reader at its end is empty;
/// - a reader heeds the limit of the batch, and comes to its end;
/// - size and position can always be told.
///
/// ```
/// use flumen::io::text;
/// use flumen::testing::laws;
///
/// let folder = tempfile::tempdir()?;
/// let path = format!("{}/a.txt", folder.path().display());
/// std::fs::write(&path, "to be\r\nor not")?;
/// laws::source(&text::lines(path))?;
/// # flumen::Ok(())
/// ```
///
/// # Errors
/// The first law that does not hold, with what was seen.
///
/// # Cost
/// It reads everything about thirty times, and holds it in memory.
///
/// Follows `SourceTestUtils` of Beam's Java SDK.
pub fn source<S: Source>(source: &S) -> Result<()> {
    call(TELLS, "size", || source.size())?;
    let mut whole: Option<Vec<Encoded>> = None;
    for wanted in WANTED {
        let mut all = Vec::new();
        for piece in call(PIECES, "split", || source.split(wanted))? {
            let rows = read_all(source, &piece)?;
            let again = read_all(source, &travelled(TRAVELS, &piece)?)?;
            same_order::<S::Elem>(&rows, &again)
                .map_err(|seen| broken(AGAIN, format_args!("{piece:?}: {seen}")))?;
            if INTERRUPTED.contains(&wanted) {
                interrupt(source, &piece, &rows)?;
            }
            all.extend(rows);
        }
        match &whole {
            None => whole = Some(all),
            Some(whole) => same_elements::<S::Elem>(whole, &all).map_err(|seen| {
                broken(PIECES, format_args!("with {wanted} wanted instead of {}: {seen}", WANTED[0]))
            })?,
        }
    }
    Ok(())
}

/// Stops after some elements and goes on from what the reader says is the rest.
fn interrupt<S: Source>(source: &S, piece: &S::Piece, rows: &[Encoded]) -> Result<()> {
    let told = |after: usize, who: &str, seen: String| {
        broken(REST, format_args!("{piece:?}, {who} after {after} of {} elements: {seen}", rows.len()))
    };
    let mut stops = vec![0, 1, 2, rows.len() / 2, rows.len().saturating_sub(1), rows.len()];
    stops.extend([BATCH_ROWS_MAX - 1, BATCH_ROWS_MAX, BATCH_ROWS_MAX + 1]);
    stops.retain(|stop| *stop <= rows.len());
    stops.sort_unstable();
    stops.dedup();
    for stop in stops {
        let mut reader = open(source, piece)?;
        let head = read(&mut reader, stop)?;
        let rest = rest(&mut reader)?;
        let resumed = [head.clone(), read_all(source, &rest)?].concat();
        same_order::<S::Elem>(rows, &resumed).map_err(|seen| told(stop, "the rest read", seen))?;
        let own = [head, read(&mut reader, usize::MAX)?].concat();
        same_order::<S::Elem>(rows, &own)
            .map_err(|seen| told(stop, "the reader itself, asked for the rest", seen))?;
        let after = read_all(source, &self::rest(&mut reader)?)?;
        same_order::<S::Elem>(&[], &after).map_err(|seen| told(rows.len(), "the rest read", seen))?;
    }
    // The rest of a rest.
    let step = rows.len() / 5 + 1;
    let (mut found, mut left) = (Vec::new(), piece.clone());
    loop {
        let mut reader = open(source, &left)?;
        let part = read(&mut reader, step)?;
        found.extend(part.iter().cloned());
        same_order::<S::Elem>(rows.get(..found.len()).unwrap_or(rows), &found)
            .map_err(|seen| told(found.len(), "the rest of a rest read", seen))?;
        if part.len() < step {
            break;
        }
        left = rest(&mut reader)?;
    }
    same_order::<S::Elem>(rows, &found).map_err(|seen| told(found.len(), "the rest of a rest read", seen))
}

fn open<S: Source>(source: &S, piece: &S::Piece) -> Result<S::Reader> {
    call(AGAIN, "open", || source.open(piece.clone()))
}

fn read_all<S: Source>(source: &S, piece: &S::Piece) -> Result<Vec<Encoded>> {
    read(&mut open(source, piece)?, usize::MAX)
}

/// What a reader says is left, as it would travel.
fn rest<R: Reader>(reader: &mut R) -> Result<R::Piece> {
    call(TELLS, "position", || Ok(reader.position()))?;
    travelled(TRAVELS, &call(REST, "rest", || Ok(reader.rest()))?)
}

/// Reads so many elements, or fewer at the end.
fn read<R: Reader>(reader: &mut R, rows: usize) -> Result<Vec<Encoded>> {
    let (mut all, mut nothing) = (Vec::new(), 0);
    loop {
        // Without room too: a reader must not add to a batch that is full.
        let mut builder = Builder::<R::Elem>::with_limit(rows - all.len());
        let room = builder.room();
        let more = call(AGAIN, "fill", || reader.fill(&mut builder))?;
        let column = builder.column();
        if column.len() > room {
            return Err(broken(LIMIT, format_args!("{} elements for a room of {room}", column.len())));
        }
        for value in column.iter() {
            all.push(encoded::<R::Elem>(value)?);
        }
        nothing = if column.is_empty() { nothing + 1 } else { 0 };
        if nothing > NOTHING_MAX {
            return Err(broken(END, format_args!("{NOTHING_MAX} times nothing, and more to come")));
        }
        if !more || all.len() >= rows {
            return Ok(all);
        }
    }
}
