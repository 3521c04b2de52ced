//! Open addressing with linear probing over slots that hold a short key and its accumulator side by side.

/// A key of a fixed size, whose slots say by one value of it that they are empty.
pub(super) trait SlotKey: Copy + PartialEq {
    /// The value that no key in the table has.
    const EMPTY: Self;
    /// How slots are aligned, so that none lies across two cache lines.
    type Align: Copy;
    /// A hash whose low bits choose the slot and whose high bits choose the partition.
    fn hash(self, seed: u64) -> u64;
}

/// The alignment of slots of 16 bytes.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(super) struct Align16;

/// The alignment of slots of 32 bytes.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub(super) struct Align32;

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl SlotKey for u64 {
    const EMPTY: Self = 0x9e6c_63d0_676a_9a99;
    type Align = Align16;
    #[inline(always)]
    fn hash(self, seed: u64) -> u64 {
        fold(self ^ seed, 0x9e37_79b9_7f4a_7c15)
    }
}

impl SlotKey for u128 {
    const EMPTY: Self = 0;
    type Align = Align32;
    #[inline(always)]
    fn hash(self, seed: u64) -> u64 {
        fold(self as u64 ^ seed, (self >> 64) as u64 ^ 0xe703_7ed1_a0b4_28db)
    }
}

const FIRST_SLOTS: usize = 128;
/// How many rows are looked up together: their cache misses overlap.
const GROUP: usize = 32;

/// Some rows' keys, and where to look for them first.
struct Group<K> {
    keys: [K; GROUP],
    places: [usize; GROUP],
}

impl<K: SlotKey> Group<K> {
    const EMPTY: Self = Self { keys: [K::EMPTY; GROUP], places: [0; GROUP] };
}

/// Has the memory of a value brought into the nearest cache.
#[inline(always)]
#[allow(unsafe_code)]
fn bring_near<T>(value: &T) {
    // SAFETY: a prefetch reads nothing; any address would do, and this one is valid.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

struct Slot<K: SlotKey, A> {
    key: K,
    accumulator: A,
    /// Takes no room.
    #[allow(dead_code)]
    align: [K::Align; 0],
}

/// Keys and accumulators; at most half of the slots are taken.
pub(super) struct Slots<K: SlotKey, A> {
    slots: Vec<Slot<K, A>>,
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
        let mut groups = [Group::<K>::EMPTY; 2];
        self.reserve(2 * GROUP);
        self.look_ahead(&mut groups[0], 0, rows, &key);
        let mut start = 0;
        let mut current = 0;
        while start < rows {
            let count = GROUP.min(rows - start);
            // Growing moves the slots, so it happens before the next group is looked up in them.
            if self.reserve(2 * GROUP) {
                self.look_ahead(&mut groups[current], start, rows, &key);
            }
            self.look_ahead(&mut groups[1 - current], start + GROUP, rows, &key);
            let Group { keys, places } = &groups[current];
            let slots = self.slots.as_mut_slice();
            let mask = slots.len() - 1;
            for i in 0..count {
                let (row, key) = (start + i, keys[i]);
                let done = if key == K::EMPTY {
                    other(row)
                } else {
                    let mut at = places[i];
                    while slots[at & mask].key != key && slots[at & mask].key != K::EMPTY {
                        at += 1;
                    }
                    let slot = &mut slots[at & mask];
                    if slot.key == K::EMPTY {
                        *slot = Slot { key, accumulator: create(), align: [] };
                        self.taken += 1;
                    }
                    each(row, &mut slot.accumulator)
                };
                done.map_err(|e| (row, e))?;
            }
            start += GROUP;
            current = 1 - current;
        }
        Ok(())
    }

    /// As [`Slots::update`], but only looks.
    #[inline(always)]
    pub(super) fn find<E>(
        &self,
        rows: usize,
        key: impl Fn(usize) -> K,
        mut each: impl FnMut(usize, Option<&A>) -> Result<(), E>,
        mut other: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<(), (usize, E)> {
        let mut groups = [Group::<K>::EMPTY; 2];
        self.look_ahead(&mut groups[0], 0, rows, &key);
        let mut start = 0;
        let mut current = 0;
        while start < rows {
            self.look_ahead(&mut groups[1 - current], start + GROUP, rows, &key);
            let Group { keys, places } = &groups[current];
            for i in 0..GROUP.min(rows - start) {
                let (row, key) = (start + i, keys[i]);
                let done =
                    if key == K::EMPTY { other(row) } else { each(row, self.find_from(key, places[i])) };
                done.map_err(|e| (row, e))?;
            }
            start += GROUP;
            current = 1 - current;
        }
        Ok(())
    }

    /// The accumulator of a key that is not the empty one.
    pub(super) fn get(&self, key: K) -> Option<&A> {
        self.find_from(key, key.hash(self.seed) as usize)
    }

    #[inline(always)]
    fn find_from(&self, key: K, mut at: usize) -> Option<&A> {
        let slots = self.slots.as_slice();
        let mask = slots.len().checked_sub(1)?;
        loop {
            let slot = &slots[at & mask];
            if slot.key == key {
                return Some(&slot.accumulator);
            }
            if slot.key == K::EMPTY {
                return None;
            }
            at += 1;
        }
    }

    /// Finds the places of the group of rows from `start` on, and has the memory there brought near.
    #[inline(always)]
    fn look_ahead(&self, group: &mut Group<K>, start: usize, rows: usize, key: &impl Fn(usize) -> K) {
        // Where there is no slot there is none to bring near.
        let Some(mask) = self.slots.len().checked_sub(1) else {
            (0..GROUP.min(rows.saturating_sub(start))).for_each(|i| group.keys[i] = key(start + i));
            return;
        };
        for i in 0..GROUP.min(rows.saturating_sub(start)) {
            group.keys[i] = key(start + i);
            group.places[i] = group.keys[i].hash(self.seed) as usize & mask;
            bring_near(&self.slots[group.places[i]]);
        }
    }

    /// Makes room for so many new keys; says whether slots have moved.
    pub(super) fn reserve(&mut self, more: usize) -> bool {
        let needed = (self.taken + more) * 2;
        let full = needed > self.slots.len();
        if full {
            self.grow(needed);
        }
        full
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        let size = needed.next_power_of_two().max(FIRST_SLOTS);
        let mut bigger = super::pages::with_capacity(size);
        bigger.resize_with(size, || Slot { key: K::EMPTY, accumulator: A::default(), align: [] });
        let old = std::mem::replace(&mut self.slots, bigger);
        let mask = size - 1;
        for slot in old.into_iter().filter(|slot| slot.key != K::EMPTY) {
            let mut at = slot.key.hash(self.seed) as usize & mask;
            while self.slots[at].key != K::EMPTY {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }

    /// Every key with its accumulator and hash, in no order.
    pub(super) fn drain(self) -> impl Iterator<Item = (K, A, u64)> {
        let seed = self.seed;
        let taken = self.slots.into_iter().filter(|slot| slot.key != K::EMPTY);
        taken.map(move |Slot { key, accumulator, .. }| (key, accumulator, key.hash(seed)))
    }
}
