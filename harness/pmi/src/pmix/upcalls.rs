//! What the library asks of us, on its own thread: copied, handed on, answered from another thread. Nothing here waits, and
//! nothing of the library is called: it would wait for itself.
#![expect(unsafe_code, reason = "a C library calls these, and is called back")]

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::mpsc::Sender;

use super::abi::{self, DirectModexDone, ModexDone, OpDone, Proc, Status};

/// Something that the library wants.
pub enum Wish {
    /// A rank of this node aborts with a code.
    Abort(u32, i32, Answer<OpDone>),
    /// The ranks of this node have come to a fence of these ranks, with this to say.
    Fence(Vec<u32>, Vec<u8>, Answer<ModexDone>),
    /// What a rank of another node has published is wanted.
    Remote(u32, Answer<ModexDone>),
    /// What a rank of this node has published, and another node's server wants: its asker, and the asker's number.
    Local(u32, u64, Status, Vec<u8>),
}

/// A function of the library's that waits to be called, and what it wants to hear again.
pub struct Answer<F> {
    function: Option<F>,
    data: *mut c_void,
}

// SAFETY: the library's functions may be called from any thread, and the pointer is only handed back to them.
unsafe impl<F> Send for Answer<F> {}

impl Answer<OpDone> {
    /// It is done.
    pub fn give(self, status: Status) {
        if let Some(function) = self.function {
            // SAFETY: each answer is given once, since it is consumed.
            unsafe { function(status, self.data) };
        }
    }
}

impl Answer<ModexDone> {
    /// Here is what was asked for, or why not.
    pub fn give(self, status: Status, blob: Vec<u8>) {
        let Some(function) = self.function else { return };
        // The bytes must live until the library says that it has done with them.
        let blob = Box::new(blob);
        let (bytes, size) = (blob.as_ptr().cast::<c_char>(), blob.len());
        let kept = Box::into_raw(blob).cast::<c_void>();
        let bytes = if size == 0 { std::ptr::null() } else { bytes };
        // SAFETY: as above; `release` takes back what was made of the box.
        unsafe { function(status, bytes, size, self.data, Some(release), kept) };
    }
}

unsafe extern "C" fn release(kept: *mut c_void) {
    // SAFETY: it was made of a box by `give`, and comes back once.
    drop(unsafe { Box::from_raw(kept.cast::<Vec<u8>>()) });
}

static WISHES: OnceLock<Sender<Wish>> = OnceLock::new();

/// Where wishes go from now on; one server a process.
pub fn hand_to(wishes: Sender<Wish>) {
    let _ = WISHES.set(wishes);
}

fn wish(wish: Wish) -> Status {
    match WISHES.get().map(|wishes| wishes.send(wish)) {
        Some(Ok(())) => abi::SUCCESS,
        _ => abi::UNREACHABLE,
    }
}

/// Bytes of the library's.
fn copied(data: *const c_char, size: usize) -> Vec<u8> {
    if data.is_null() || size == 0 {
        return Vec::new();
    }
    // SAFETY: the library says that there are so many.
    unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) }.to_vec()
}

fn rank(proc: *const Proc) -> u32 {
    // SAFETY: the library names a rank in each of its calls.
    unsafe { proc.as_ref() }.map_or(0, |proc| proc.rank)
}

unsafe extern "C" fn noted(
    _: *const Proc,
    _: *mut c_void,
    done: Option<OpDone>,
    data: *mut c_void,
) -> Status {
    // PMIX_OPERATION_SUCCEEDED would do; versions differ in whether they wait for the call back nevertheless.
    let _ = (done, data);
    abi::DONE_ALREADY
}

unsafe extern "C" fn abort(
    proc: *const Proc,
    _: *mut c_void,
    code: c_int,
    _: *const c_char,
    _: *mut Proc,
    _: usize,
    function: Option<OpDone>,
    data: *mut c_void,
) -> Status {
    wish(Wish::Abort(rank(proc), code, Answer { function, data }))
}

unsafe extern "C" fn fence(
    procs: *const Proc,
    count: usize,
    _: *const c_void,
    _: usize,
    data: *mut c_char,
    size: usize,
    function: Option<ModexDone>,
    again: *mut c_void,
) -> Status {
    let procs = if procs.is_null() {
        &[]
    } else {
        // SAFETY: the library says that there are so many.
        unsafe { std::slice::from_raw_parts(procs, count) }
    };
    let ranks = procs.iter().map(|proc| proc.rank).collect();
    wish(Wish::Fence(ranks, copied(data, size), Answer { function, data: again }))
}

unsafe extern "C" fn direct_modex(
    proc: *const Proc,
    _: *const c_void,
    _: usize,
    function: Option<ModexDone>,
    data: *mut c_void,
) -> Status {
    wish(Wish::Remote(rank(proc), Answer { function, data }))
}

/// Who asked for what a rank of this node has published.
pub struct Asker {
    /// Index of its node.
    pub node: u32,
    /// Its number.
    pub id: u64,
}

unsafe extern "C" fn local_found(status: Status, data: *mut c_char, size: usize, asker: *mut c_void) {
    // SAFETY: it was made of a box by `asking`, and comes back once.
    let Asker { node, id } = *unsafe { Box::from_raw(asker.cast::<Asker>()) };
    wish(Wish::Local(node, id, status, copied(data, size)));
}

/// What a request for a local rank's data is to call, and with what.
pub fn asking(asker: Asker) -> (Option<DirectModexDone>, *mut c_void) {
    (Some(local_found), Box::into_raw(Box::new(asker)).cast())
}

/// The functions, as the library takes them.
pub fn module() -> abi::Module {
    abi::Module { connected: noted, finalized: noted, abort, fence, direct_modex, rest: [0; 40] }
}
