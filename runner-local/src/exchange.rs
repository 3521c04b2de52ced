//! Batches from any thread to the thread that owns their lane, with credit instead of waiting.
//!
//! An inbox holds a limited number of parcels. A thread never waits to send: what finds no room stays in its
//! outbox, and the thread reads no more input until the outbox is empty again. Since every thread keeps taking
//! from its own inbox, outboxes always empty in the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use flumen::batch::{Batch, Buffers};
use flumen::error::{FnError, RunError};
use flumen::exec::{Operator, Outputs};

/// How many parcels an inbox holds: one a bundle, from each thread.
const INBOX_PARCELS_MAX: usize = 16;

/// What one bundle sends to one thread.
pub(crate) enum Parcel {
    /// Batches with their lanes.
    Batches(Vec<(usize, Batch)>),
    /// The sending thread will send no more.
    End,
}

/// The inboxes of all threads for one exchange.
pub(crate) struct Exchange {
    lanes: usize,
    inboxes: Vec<(Sender<Parcel>, Receiver<Parcel>)>,
}

impl Exchange {
    pub(crate) fn new(lanes: usize, threads: usize) -> Self {
        Self { lanes, inboxes: (0..threads).map(|_| bounded(INBOX_PARCELS_MAX)).collect() }
    }

    /// What has come for a thread, if anything.
    pub(crate) fn take(&self, thread: usize) -> Option<Parcel> {
        self.inboxes.get(thread).and_then(|(_, receive)| receive.try_recv().ok())
    }

    /// Whether something has come for a thread.
    pub(crate) fn has_mail(&self, thread: usize) -> bool {
        self.inboxes.get(thread).is_some_and(|(_, receive)| !receive.is_empty())
    }
}

/// What a thread has not been able to send yet.
pub(crate) struct Outbox {
    exchange: Arc<Exchange>,
    waiting: VecDeque<(usize, Parcel)>,
    /// The lane of the next batch.
    next: usize,
}

/// An outbox, shared by the operator that fills it and the thread that empties it.
#[derive(Clone)]
pub(crate) struct SharedOutbox(Arc<Mutex<Outbox>>);

impl SharedOutbox {
    /// An empty outbox; threads start with different lanes.
    pub(crate) fn new(exchange: Arc<Exchange>, thread: usize) -> Self {
        Self(Arc::new(Mutex::new(Outbox { exchange, waiting: VecDeque::new(), next: thread })))
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what there is room for; says whether anything was sent, and whether nothing is left.
    pub(crate) fn flush(&self) -> (bool, bool) {
        let mut outbox = self.lock();
        let mut sent = false;
        let Outbox { exchange, waiting, .. } = &mut *outbox;
        let mut blocked = VecDeque::new();
        while let Some((thread, parcel)) = waiting.pop_front() {
            // The order to one thread stays: after a full inbox, nothing more goes there.
            if blocked.iter().any(|(full, _)| *full == thread) {
                blocked.push_back((thread, parcel));
                continue;
            }
            let Some((send, _)) = exchange.inboxes.get(thread) else { continue };
            match send.try_send(parcel) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(parcel)) => blocked.push_back((thread, parcel)),
                Err(TrySendError::Disconnected(_)) => {}
            }
        }
        *waiting = blocked;
        (sent, waiting.is_empty())
    }

    /// Whether something in it could be sent now.
    pub(crate) fn has_room(&self) -> bool {
        let outbox = self.lock();
        let inbox = |thread: &usize| outbox.exchange.inboxes.get(*thread);
        outbox.waiting.iter().any(|(thread, _)| inbox(thread).is_some_and(|(send, _)| !send.is_full()))
    }

    /// Whether nothing is left to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    /// Adds the end for every thread.
    pub(crate) fn end(&self) {
        let mut outbox = self.lock();
        let threads = outbox.exchange.inboxes.len();
        outbox.waiting.extend((0..threads).map(|thread| (thread, Parcel::End)));
    }

    /// The operator that fills it.
    pub(crate) fn operator(&self) -> Box<dyn Operator> {
        Box::new(Send { outbox: self.clone(), staged: Vec::new() })
    }
}

/// Deals batches out to lanes in turn, a bundle at a time.
struct Send {
    outbox: SharedOutbox,
    staged: Vec<Batch>,
}

impl Operator for Send {
    fn start(&mut self) -> Result<(), FnError> {
        self.staged.clear();
        Ok(())
    }

    fn push(&mut self, _: usize, batch: Batch, _: &mut Outputs<'_>) -> Result<(), RunError> {
        self.staged.push(batch);
        Ok(())
    }

    fn commit(&mut self, _: &mut Buffers) -> Result<(), FnError> {
        let mut outbox = self.outbox.lock();
        let (lanes, threads) = (outbox.exchange.lanes, outbox.exchange.inboxes.len());
        let mut parcels: Vec<Vec<(usize, Batch)>> = (0..threads).map(|_| Vec::new()).collect();
        for batch in self.staged.drain(..) {
            let lane = outbox.next % lanes;
            outbox.next += 1;
            if let Some(parcel) = parcels.get_mut(lane % threads) {
                parcel.push((lane, batch));
            }
        }
        let filled = parcels.into_iter().enumerate().filter(|(_, parcel)| !parcel.is_empty());
        outbox.waiting.extend(filled.map(|(thread, batches)| (thread, Parcel::Batches(batches))));
        Ok(())
    }
}

/// Hands on what comes for a lane by the output of the same number.
pub(crate) struct ByLane;

impl Operator for ByLane {
    fn push(&mut self, lane: usize, batch: Batch, out: &mut Outputs<'_>) -> Result<(), RunError> {
        out.send(lane, batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads that all send to each other far more than the inboxes hold, each taking only between sends.
    #[test]
    fn full_inboxes_never_block_and_lose_nothing() {
        const THREADS: usize = 3;
        const EACH: usize = 200;
        let exchange = Arc::new(Exchange::new(5, THREADS));
        let work = |thread: usize| {
            let exchange = Arc::clone(&exchange);
            move || {
                let outbox = SharedOutbox::new(Arc::clone(&exchange), thread);
                let (mut sent, mut ended, mut got, mut ends) = (0, false, Vec::new(), 0);
                let mut rounds = 0_u64;
                while ends < THREADS || !outbox.flush().1 {
                    let (_, empty) = outbox.flush();
                    if empty && sent < EACH {
                        let to = sent % THREADS;
                        outbox
                            .lock()
                            .waiting
                            .push_back((to, Parcel::Batches(vec![(thread * EACH + sent, batch())])));
                        sent += 1;
                    } else if empty && !ended {
                        outbox.end();
                        ended = true;
                    }
                    // One in three rounds, so that inboxes fill up.
                    rounds += 1;
                    match if rounds.is_multiple_of(3) { exchange.take(thread) } else { None } {
                        Some(Parcel::Batches(batches)) => got.extend(batches.into_iter().map(|(tag, _)| tag)),
                        Some(Parcel::End) => ends += 1,
                        None => {}
                    }
                }
                got
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|t| std::thread::spawn(work(t))).collect();
        let mut all: Vec<usize> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..THREADS * EACH).collect::<Vec<_>>());
    }

    /// What is sent to one thread comes in the order in which it was sent, the end last, however often there is no room.
    #[test]
    fn the_end_overtakes_nothing() {
        let exchange = Arc::new(Exchange::new(2, 2));
        let outbox = SharedOutbox::new(Arc::clone(&exchange), 0);
        for tag in 0..3 * INBOX_PARCELS_MAX {
            outbox.lock().waiting.push_back((tag % 2, Parcel::Batches(vec![(tag, batch())])));
        }
        outbox.end();
        let mut came = Vec::new();
        while came.len() < 3 * INBOX_PARCELS_MAX + 2 {
            outbox.flush();
            // One from the first inbox, and all from the second: they fill up differently.
            let first = exchange.take(0).map(|parcel| (0, parcel));
            let second = std::iter::from_fn(|| exchange.take(1)).map(|parcel| (1, parcel));
            came.extend(first.into_iter().chain(second));
        }
        for thread in 0..2 {
            let own = came.iter().filter(|(to, _)| *to == thread).map(|(_, parcel)| match parcel {
                Parcel::Batches(batches) => batches[0].0,
                Parcel::End => usize::MAX,
            });
            let own: Vec<usize> = own.collect();
            assert!(own.is_sorted() && own.last() == Some(&usize::MAX), "{own:?}");
        }
    }

    fn batch() -> Batch {
        Batch::of::<u64>([1], flumen::batch::RowMeta::SOURCE)
    }
}
