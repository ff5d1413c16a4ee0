//! What crosses the library's border: shapes and numbers, equal in PMIx 4 and 5.

use std::ffi::{c_char, c_int, c_void};

/// `pmix_status_t`
pub type Status = c_int;
/// `PMIX_SUCCESS`
pub const SUCCESS: Status = 0;
/// `PMIX_ERR_NOT_FOUND`
pub const NOT_FOUND: Status = -46;
/// `PMIX_ERR_UNREACH`
pub const UNREACHABLE: Status = -25;
/// `PMIX_OPERATION_SUCCEEDED`: done at once, and no call back will come.
pub const DONE_ALREADY: Status = -157;
/// `PMIX_RANK_WILDCARD`: every rank.
pub const EVERY_RANK: u32 = u32::MAX - 1;

/// Types of values, `pmix_data_type_t`.
pub type DataType = u16;
/// `PMIX_BOOL`
pub const BOOL: DataType = 1;
/// `PMIX_STRING`
pub const STRING: DataType = 3;
/// `PMIX_UINT16`
pub const UINT16: DataType = 13;
/// `PMIX_UINT32`
pub const UINT32: DataType = 14;
/// `PMIX_DATA_ARRAY`
pub const DATA_ARRAY: DataType = 39;
/// `PMIX_PROC_RANK`
pub const PROC_RANK: DataType = 40;
/// `PMIX_REGEX`
pub const REGEX: DataType = 49;

/// The length of a namespace, its end included.
pub const NAMESPACE: usize = 256;

/// `pmix_proc_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Proc {
    /// Ends with a NUL.
    pub namespace: [u8; NAMESPACE],
    /// The rank, or [`EVERY_RANK`].
    pub rank: u32,
}

impl Proc {
    /// A rank of a namespace.
    pub fn new(namespace: &str, rank: u32) -> Self {
        let mut bytes = [0; NAMESPACE];
        for (to, from) in bytes.iter_mut().zip(namespace.bytes().take(NAMESPACE - 1)) {
            *to = from;
        }
        Self { namespace: bytes, rank }
    }
}

/// `pmix_data_array_t`
#[repr(C)]
pub struct DataArray {
    /// What it is an array of.
    pub kind: DataType,
    /// How many.
    pub size: usize,
    /// They.
    pub array: *mut c_void,
}

impl DataArray {
    /// An empty one, to be filled by the library.
    pub const EMPTY: Self = Self { kind: 0, size: 0, array: std::ptr::null_mut() };
}

/// `pmix_op_cbfunc_t`
pub type OpDone = unsafe extern "C" fn(Status, *mut c_void);
/// `pmix_release_cbfunc_t`
pub type Release = unsafe extern "C" fn(*mut c_void);
/// `pmix_modex_cbfunc_t`
pub type ModexDone =
    unsafe extern "C" fn(Status, *const c_char, usize, *mut c_void, Option<Release>, *mut c_void);
/// `pmix_dmodex_response_fn_t`
pub type DirectModexDone = unsafe extern "C" fn(Status, *mut c_char, usize, *mut c_void);

/// `pmix_server_client_finalized_fn_t`, and `client_connected` of the same form.
pub type Finalized = unsafe extern "C" fn(*const Proc, *mut c_void, Option<OpDone>, *mut c_void) -> Status;
/// `pmix_server_abort_fn_t`
pub type Abort = unsafe extern "C" fn(
    *const Proc,
    *mut c_void,
    c_int,
    *const c_char,
    *mut Proc,
    usize,
    Option<OpDone>,
    *mut c_void,
) -> Status;
/// `pmix_server_fencenb_fn_t`
pub type Fence = unsafe extern "C" fn(
    *const Proc,
    usize,
    *const c_void,
    usize,
    *mut c_char,
    usize,
    Option<ModexDone>,
    *mut c_void,
) -> Status;
/// `pmix_server_dmodex_req_fn_t`
pub type DirectModex =
    unsafe extern "C" fn(*const Proc, *const c_void, usize, Option<ModexDone>, *mut c_void) -> Status;

/// Upcalls that are not taken, with room for what later versions have added: the library asks only for what is not null.
const NOT_TAKEN: usize = 40;

/// `pmix_server_module_t`, whose first five are the ones that a start-up needs.
#[repr(C)]
pub struct Module {
    /// A rank has connected.
    pub connected: Finalized,
    /// A rank has finalised.
    pub finalized: Finalized,
    /// A rank aborts.
    pub abort: Abort,
    /// The ranks of this node have come to a fence.
    pub fence: Fence,
    /// What a rank of another node has published is wanted.
    pub direct_modex: DirectModex,
    /// Null.
    pub rest: [usize; NOT_TAKEN],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_the_library_s() {
        assert_eq!(size_of::<Proc>(), 260);
        assert_eq!(std::mem::offset_of!(Proc, rank), 256);
        assert_eq!(size_of::<DataArray>(), 24);
        assert!(size_of::<Module>() > 232);
        let proc = Proc::new("slurm.pmix.1.0", 3);
        assert_eq!((proc.namespace[..14].to_vec(), proc.namespace[14]), (b"slurm.pmix.1.0".to_vec(), 0));
    }
}
