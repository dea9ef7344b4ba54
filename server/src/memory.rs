//! How the allocator of the C library treats memory that is free again.
//!
//! SQLite allocates through it, too, so an allocator for Rust alone would be half an answer.

use std::env;

/// Threads share one heap. By default each of the database's and the runtime's threads gets one of its own,
/// and each keeps the largest answer it has ever built: 60 MB more after some long metric histories.
const ARENAS: i32 = 1;
/// Larger blocks (bodies of requests and answers, mostly) go back to the system as soon as they are free, and
/// so does a free end of a heap. By default both thresholds grow up to 64 MB with what was freed once.
const GIVEN_BACK_BYTES: i32 = 256 * 1024;

/// To be called before there are threads. What the environment says (`MALLOC_ARENA_MAX`, …) holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn keep_small() {
    for (variable, parameter, value) in [
        ("MALLOC_ARENA_MAX", libc::M_ARENA_MAX, ARENAS),
        ("MALLOC_MMAP_THRESHOLD_", libc::M_MMAP_THRESHOLD, GIVEN_BACK_BYTES),
        ("MALLOC_TRIM_THRESHOLD_", libc::M_TRIM_THRESHOLD, GIVEN_BACK_BYTES),
    ] {
        if env::var_os(variable).is_none() {
            #[expect(unsafe_code, reason = "sets a number; no other thread runs yet")]
            // SAFETY: `mallopt` takes any numbers and says if it does not know them.
            unsafe {
                libc::mallopt(parameter, value);
            }
        }
    }
}

/// Gives back what is free within the heap, too: what a burst of requests needed lies between what is kept.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    #[expect(unsafe_code, reason = "the C library's own call")]
    // SAFETY: it may be called at any time, by any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators have other settings.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_small() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
