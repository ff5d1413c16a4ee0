//! The library's functions, looked up by name.
#![expect(unsafe_code, reason = "functions of a C library are looked up and called")]

use std::ffi::{CStr, CString, OsString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStringExt as _;
use std::sync::OnceLock;

use libloading::os::unix::{Library as Loaded, RTLD_GLOBAL, RTLD_NOW};

use super::abi::{DataArray, DataType, DirectModexDone, Module, OpDone, Proc, Status};

/// The library's name; its number has been the same since PMIx 2.
const NAME: &str = "libpmix.so.2";

macro_rules! functions {
    ($($field:ident: $symbol:literal ($($arg:ty),*) $(-> $ret:ty)?;)+) => {
        /// What is called of the library.
        pub struct Library {
            $(#[doc = concat!("`", $symbol, "`")] pub $field: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)+
        }

        impl Library {
            fn look_up(loaded: &Loaded) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of the standard's functions of these names.
                unsafe { Ok(Self { $($field: *loaded.get(concat!($symbol, "\0"))?,)+ }) }
            }
        }
    };
}

functions! {
    get_version: "PMIx_Get_version" () -> *const c_char;
    error_string: "PMIx_Error_string" (Status) -> *const c_char;
    init: "PMIx_server_init" (*mut Module, *mut c_void, usize) -> Status;
    generate_regex: "PMIx_generate_regex" (*const c_char, *mut *mut c_char) -> Status;
    generate_ppn: "PMIx_generate_ppn" (*const c_char, *mut *mut c_char) -> Status;
    register_nspace: "PMIx_server_register_nspace" (*const c_char, c_int, *mut c_void, usize, Option<OpDone>, *mut c_void) -> Status;
    register_client: "PMIx_server_register_client" (*const Proc, u32, u32, *mut c_void, Option<OpDone>, *mut c_void) -> Status;
    setup_local_support: "PMIx_server_setup_local_support" (*const c_char, *mut c_void, usize, Option<OpDone>, *mut c_void) -> Status;
    setup_fork: "PMIx_server_setup_fork" (*const Proc, *mut *mut *mut c_char) -> Status;
    dmodex_request: "PMIx_server_dmodex_request" (*const Proc, Option<DirectModexDone>, *mut c_void) -> Status;
    list_start: "PMIx_Info_list_start" () -> *mut c_void;
    list_add: "PMIx_Info_list_add" (*mut c_void, *const c_char, *const c_void, DataType) -> Status;
    list_convert: "PMIx_Info_list_convert" (*mut c_void, *mut DataArray) -> Status;
    list_release: "PMIx_Info_list_release" (*mut c_void);
}

/// The library, opened once a process and for ever. An error is the loader's word.
pub fn open() -> Result<&'static Library, String> {
    static OPENED: OnceLock<Result<Library, String>> = OnceLock::new();
    let opened = OPENED.get_or_init(|| {
        // SAFETY: the library's initialisers are run, as in every program that is linked with it. Its plugins look for its
        // names, and so they are made known to everybody.
        let loaded = unsafe { Loaded::open(Some(NAME), RTLD_NOW | RTLD_GLOBAL) };
        let loaded = loaded.map_err(|error| error.to_string())?;
        let library = Library::look_up(&loaded).map_err(|error| format!("{NAME} lacks a function: {error}"));
        // Its threads may run until the process ends.
        std::mem::forget(loaded);
        library
    });
    opened.as_ref().map_err(Clone::clone)
}

/// The library's major version: the first number of what it says of itself. An error says why there is none.
pub fn version() -> Result<u32, String> {
    let library = open()?;
    // SAFETY: it is a constant of the library's.
    let text = unsafe { CStr::from_ptr((library.get_version)()) }.to_string_lossy();
    let digits = text.split(|letter: char| !letter.is_ascii_digit()).find(|word| !word.is_empty());
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| format!("{NAME} says of itself {text:?}, which is no version"))
}

impl Library {
    /// What a status means.
    pub fn words(&self, status: Status) -> String {
        // SAFETY: every status has a constant text.
        unsafe { CStr::from_ptr((self.error_string)(status)) }.to_string_lossy().into_owned()
    }

    /// A status as a result, with what was tried.
    pub fn check(&self, what: &str, status: Status) -> Result<(), String> {
        match status {
            super::abi::SUCCESS | super::abi::DONE_ALREADY => Ok(()),
            _ => Err(format!("PMIx cannot {what}: {}", self.words(status))),
        }
    }

    /// A map in the library's own shorthand. What comes back may hold any bytes, and belongs to the library.
    pub fn shorthand(&self, of_ranks: bool, text: &str) -> Result<*mut c_char, String> {
        let text = CString::new(text).map_err(|error| error.to_string())?;
        let mut out = std::ptr::null_mut();
        let make = if of_ranks { self.generate_ppn } else { self.generate_regex };
        // SAFETY: the text lives through the call; the answer is left to the process's end.
        self.check("write a map", unsafe { make(text.as_ptr(), &raw mut out) })?;
        Ok(out)
    }

    /// The variables by which a rank finds its server.
    pub fn variables(&self, proc: &Proc) -> Result<Vec<(OsString, OsString)>, String> {
        let mut env: *mut *mut c_char = std::ptr::null_mut();
        // SAFETY: the library makes an array of strings that ends with a null pointer; it is left to the process's end.
        let status = unsafe { (self.setup_fork)(proc, &raw mut env) };
        self.check("say how a rank finds its server", status)?;
        let mut variables = Vec::new();
        let mut at = env;
        // SAFETY: as above.
        while let Some(text) = unsafe { at.as_ref() }.filter(|text| !text.is_null()) {
            // SAFETY: as above.
            let text = unsafe { CStr::from_ptr(*text) }.to_bytes();
            if let Some(equals) = text.iter().position(|byte| *byte == b'=') {
                let (name, value) = (text[..equals].to_vec(), text[equals + 1..].to_vec());
                variables.push((OsString::from_vec(name), OsString::from_vec(value)));
            }
            // SAFETY: this was not the last.
            at = unsafe { at.add(1) };
        }
        Ok(variables)
    }
}
