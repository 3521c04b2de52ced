//! Large pages for large tables, whose rows are looked up all over.

/// Tables smaller than this fit what the processor remembers of small pages.
#[cfg(target_os = "linux")]
const LARGE_BYTES_MIN: usize = 4 << 20;

/// A vector with room for so many values, in large pages where the system gives them on request.
///
/// Without, every look-up in a table of 16 MB also misses the processor's list of pages: counting 82.5 million words
/// of 200,000 kinds took 1.1 times the CPU time. If the system refuses, nothing changes.
#[allow(unsafe_code)]
pub(super) fn with_capacity<T>(values: usize) -> Vec<T> {
    let room: Vec<T> = Vec::with_capacity(values);
    #[cfg(target_os = "linux")]
    {
        let bytes = room.capacity() * size_of::<T>();
        if bytes >= LARGE_BYTES_MIN {
            // The vector's own pages only: its first and last may be shared with others.
            const PAGE: usize = 4096;
            let start = room.as_ptr() as usize;
            let (first, last) = (start.next_multiple_of(PAGE), (start + bytes) / PAGE * PAGE);
            // SAFETY: the range lies within the vector's allocation, and the advice changes no memory's content.
            unsafe { libc::madvise(first as *mut libc::c_void, last - first, libc::MADV_HUGEPAGE) };
        }
    }
    room
}
