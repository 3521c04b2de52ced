//! Open addressing with linear probing over slots that hold a short key and its accumulator side by side.

/// A key of a fixed size, whose slots say by one value of it that they are empty.
pub(super) trait SlotKey: Copy + PartialEq {
    /// The value that no key in the table has.
    const EMPTY: Self;
    /// A hash whose low bits choose the slot and whose high bits choose the partition.
    fn hash(self, seed: u64) -> u64;
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl SlotKey for u64 {
    const EMPTY: Self = 0x9e6c_63d0_676a_9a99;
    #[inline(always)]
    fn hash(self, seed: u64) -> u64 {
        fold(self ^ seed, 0x9e37_79b9_7f4a_7c15)
    }
}

impl SlotKey for u128 {
    const EMPTY: Self = 0;
    #[inline(always)]
    fn hash(self, seed: u64) -> u64 {
        fold(self as u64 ^ seed, (self >> 64) as u64 ^ 0xe703_7ed1_a0b4_28db)
    }
}

const FIRST_SLOTS: usize = 64;
/// How many rows are looked up together: their cache misses overlap.
const GROUP: usize = 32;

/// Keys and accumulators; at most half of the slots are taken.
#[derive(Debug)]
pub(super) struct Slots<K, A> {
    slots: Vec<(K, A)>,
    taken: usize,
    seed: u64,
}

impl<K: SlotKey, A: Default> Slots<K, A> {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self { slots: Vec::new(), taken: 0, seed }
    }

    pub(super) fn len(&self) -> usize {
        self.taken
    }

    /// Calls `each` for the rows `0..rows`, in order, with the accumulator of the key that `key` says; rows whose
    /// key is the empty one go to `other`.
    #[inline(always)]
    pub(super) fn update<E>(
        &mut self,
        rows: usize,
        key: impl Fn(usize) -> K,
        create: impl Fn() -> A,
        mut each: impl FnMut(usize, &mut A) -> Result<(), E>,
        mut other: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<(), (usize, E)> {
        let mut keys = [K::EMPTY; GROUP];
        let mut places = [0_usize; GROUP];
        let mut found = [false; GROUP];
        let mut start = 0;
        while start < rows {
            let group = GROUP.min(rows - start);
            self.reserve(group);
            let slots = self.slots.as_mut_slice();
            let mask = slots.len() - 1;
            // The loads of a group do not wait for each other.
            for i in 0..group {
                keys[i] = key(start + i);
                places[i] = keys[i].hash(self.seed) as usize & mask;
                found[i] = slots[places[i]].0 == keys[i];
            }
            for i in 0..group {
                let row = start + i;
                let done = if keys[i] == K::EMPTY {
                    other(row)
                } else if found[i] {
                    each(row, &mut slots[places[i]].1)
                } else {
                    let mut at = places[i];
                    while slots[at].0 != keys[i] && slots[at].0 != K::EMPTY {
                        at = (at + 1) & mask;
                    }
                    let slot = &mut slots[at];
                    if slot.0 == K::EMPTY {
                        *slot = (keys[i], create());
                        self.taken += 1;
                    }
                    each(row, &mut slot.1)
                };
                done.map_err(|e| (row, e))?;
            }
            start += group;
        }
        Ok(())
    }

    /// Makes room for so many new keys.
    fn reserve(&mut self, more: usize) {
        if (self.taken + more) * 2 > self.slots.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(FIRST_SLOTS);
        let mut bigger = Vec::new();
        bigger.resize_with(size, || (K::EMPTY, A::default()));
        let old = std::mem::replace(&mut self.slots, bigger);
        let mask = size - 1;
        for (key, accumulator) in old.into_iter().filter(|(key, _)| *key != K::EMPTY) {
            let mut at = key.hash(self.seed) as usize & mask;
            while self.slots[at].0 != K::EMPTY {
                at = (at + 1) & mask;
            }
            self.slots[at] = (key, accumulator);
        }
    }

    /// Every key with its accumulator and hash, in no order.
    pub(super) fn drain(self) -> impl Iterator<Item = (K, A, u64)> {
        let seed = self.seed;
        self.slots
            .into_iter()
            .filter(|(key, _)| *key != K::EMPTY)
            .map(move |(key, a)| (key, a, key.hash(seed)))
    }
}
