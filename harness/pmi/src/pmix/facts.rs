//! What ranks are told of their job: lists of keys and values, as the library takes them.
#![expect(unsafe_code, reason = "values are handed to a C library")]

use std::ffi::{CString, c_char, c_void};

use super::abi::{BOOL, DATA_ARRAY, DataArray, DataType, PROC_RANK, REGEX, STRING, UINT16, UINT32};
use super::library::Library;
use crate::plan::Plan;

/// A list that is being written; given up half-written it is left to the process's end.
pub struct Facts<'a> {
    library: &'a Library,
    list: *mut c_void,
    failed: Option<String>,
}

impl<'a> Facts<'a> {
    /// An empty list.
    pub fn new(library: &'a Library) -> Self {
        // SAFETY: it only allocates.
        Self { library, list: unsafe { (library.list_start)() }, failed: None }
    }

    fn add(mut self, key: &str, value: *const c_void, kind: DataType) -> Self {
        let Ok(name) = CString::new(key) else { return self };
        // SAFETY: the library copies key and value, which live through the call and are of the kind that is named.
        let status = unsafe { (self.library.list_add)(self.list, name.as_ptr(), value, kind) };
        if let Err(why) = self.library.check(&format!("take {key}"), status) {
            self.failed.get_or_insert(why);
        }
        self
    }

    /// A text.
    pub fn text(self, key: &str, value: &str) -> Self {
        let Ok(value) = CString::new(value) else { return self };
        self.add(key, value.as_ptr().cast(), STRING)
    }

    /// A number of 32 bits.
    pub fn number(self, key: &str, value: u32) -> Self {
        self.add(key, (&raw const value).cast(), UINT32)
    }

    /// A number of 16 bits.
    pub fn short(self, key: &str, value: u32) -> Self {
        let value = u16::try_from(value).unwrap_or(u16::MAX);
        self.add(key, (&raw const value).cast(), UINT16)
    }

    /// A rank.
    pub fn rank(self, key: &str, value: u32) -> Self {
        self.add(key, (&raw const value).cast(), PROC_RANK)
    }

    /// A yes or no.
    pub fn flag(self, key: &str, value: bool) -> Self {
        self.add(key, (&raw const value).cast(), BOOL)
    }

    /// A map in the library's shorthand.
    fn map(self, key: &str, value: *mut c_char) -> Self {
        self.add(key, value.cast_const().cast(), REGEX)
    }

    /// A list in the list.
    fn list(mut self, key: &str, inner: Facts<'_>) -> Self {
        match inner.done() {
            Ok(array) => self.add(key, (&raw const array).cast(), DATA_ARRAY),
            Err(why) => {
                self.failed.get_or_insert(why);
                self
            }
        }
    }

    /// The list as an array, which is left to the process's end.
    pub fn done(self) -> Result<DataArray, String> {
        if let Some(why) = self.failed {
            return Err(why);
        }
        let mut array = DataArray::EMPTY;
        // SAFETY: the list is one of the library's, and is not used behind its release.
        let status = unsafe { (self.library.list_convert)(self.list, &raw mut array) };
        // SAFETY: as above.
        unsafe { (self.library.list_release)(self.list) };
        self.library.check("make an array of facts", status)?;
        Ok(array)
    }
}

fn ranks(ranks: &[u32]) -> String {
    ranks.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// What every rank may know of the step.
pub fn of_step(library: &Library, plan: &Plan) -> Result<DataArray, String> {
    let names: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
    let of_nodes: Vec<String> = plan.nodes.iter().map(|node| ranks(&node.ranks)).collect();
    let own = plan.own_ranks();
    let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    let size = plan.size();
    let mut facts = Facts::new(library)
        .map("pmix.nmap", library.shorthand(false, &names.join(","))?)
        .map("pmix.pmap", library.shorthand(true, &of_nodes.join(";"))?)
        .text("pmix.jobid", &plan.id())
        .text("pmix.anlmap", &plan.process_mapping())
        .text("pmix.nlist", &names.join(","))
        .text("pmix.hname", names.get(plan.own as usize).copied().unwrap_or_default())
        .number("pmix.nodeid", plan.own)
        .number("pmix.num.nodes", count(names.len()))
        .number("pmix.univ.size", size)
        .number("pmix.job.size", size)
        .number("pmix.max.size", size)
        .number("pmix.job.napps", 1)
        .number("pmix.app.size", size)
        .number("pmix.local.size", count(own.len()))
        .number("pmix.node.size", count(own.len()))
        .text("pmix.lpeers", &ranks(own))
        .rank("pmix.lldr", own.iter().copied().min().unwrap_or_default())
        .rank("pmix.offset", 0)
        .flag("pmix.spawned", false);
    for (index, node) in (0..).zip(&plan.nodes) {
        for (local, rank) in (0..).zip(&node.ranks) {
            facts = facts.list("pmix.pdata", of_rank(library, &node.name, index, *rank, local));
        }
    }
    facts.done()
}

/// What every rank may know of one of them; its number stands first.
fn of_rank<'a>(library: &'a Library, node: &str, index: u32, rank: u32, local: u32) -> Facts<'a> {
    Facts::new(library)
        .rank("pmix.rank", rank)
        .number("pmix.appnum", 0)
        .rank("pmix.apprank", rank)
        .rank("pmix.grank", rank)
        .short("pmix.lrank", local)
        .short("pmix.nrank", local)
        .text("pmix.hname", node)
        .number("pmix.nodeid", index)
}
