//! `scrun.lua`: the site's script, with the functions that scrun(1) provides to it.
//!
//! Lua 5.4 by the crate mlua, built with its own Lua, so that a machine without one runs a site's script all the same. `json`
//! is provided as a module, since the manual's own example asks for one of the distribution's.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mlua::{Function, Lua, LuaSerdeExt as _, Value};

use crate::log::Level;

/// The two functions that a script must have.
pub const REQUIRED: [&str; 2] = ["slurm_scrun_stage_in", "slurm_scrun_stage_out"];

/// Slurm's number for "no limit".
const INFINITE: i64 = 0xffff_ffff;

/// What is around a script.
pub trait Host {
    /// Runs a shell script here; gives its exit code and both of its outputs.
    fn allocator_command(&self, script: &str) -> (i32, String);
    /// Runs it as a step on every node of the job.
    fn remote_command(&self, script: &str) -> (i32, String);
    /// Takes a line for the log.
    fn log(&self, level: Level, text: &str);
}

/// What is wrong with a script, or what it says is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It does not load.
    #[error("{0}: {1}")]
    Load(PathBuf, mlua::Error),
    /// A function is missing.
    #[error("{0}: function {1} is missing")]
    Missing(PathBuf, &'static str),
    /// A function failed.
    #[error("{0}: {1} failed: {2}")]
    Failed(PathBuf, &'static str, mlua::Error),
    /// A function gave something else than success.
    #[error("{0}: {1} returned {2}, not slurm.SUCCESS")]
    Returned(PathBuf, &'static str, String),
}

/// What a script changes by calling `slurm.set_…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// `slurm.set_bundle_path`
    pub bundle: Option<PathBuf>,
    /// `slurm.set_root_path`
    pub root: Option<PathBuf>,
}

/// The arguments of both functions that are the same.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its id.
    pub id: String,
    /// The bundle as it was submitted.
    pub bundle: PathBuf,
    /// Its root file system.
    pub root: PathBuf,
    /// Working space.
    pub spool: PathBuf,
    /// Its `config.json`.
    pub config: PathBuf,
    /// The job.
    pub job: u32,
    /// Whose it is.
    pub uid: u32,
    /// And of which group.
    pub gid: u32,
    /// The job's variables.
    pub env: Vec<(OsString, OsString)>,
}

/// A script that was loaded.
pub struct Script {
    lua: Lua,
    path: PathBuf,
    changes: Rc<RefCell<Changes>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Script {
    /// Loads and runs a script's text.
    pub fn load(path: &Path, host: &Rc<dyn Host>) -> Result<Self, ScriptError> {
        let failed = |error| ScriptError::Load(path.to_owned(), error);
        let text = std::fs::read(path).map_err(|error| failed(mlua::Error::external(error)))?;
        let script = Self { lua: Lua::new(), path: path.to_owned(), changes: Rc::default() };
        script.provide(host).map_err(failed)?;
        let chunk = script.lua.load(text).set_name(format!("@{}", path.display()));
        let returned: Value = chunk.eval().map_err(failed)?;
        match returned {
            Value::Nil | Value::Integer(0) => Ok(script),
            other => Err(script.returned("the script", &other)),
        }
    }

    /// The required functions that it lacks.
    pub fn missing(&self) -> Vec<&'static str> {
        REQUIRED.into_iter().filter(|name| self.function(name).is_err()).collect()
    }

    /// Calls `slurm_scrun_stage_in`; gives what it changed.
    pub fn stage_in(&self, container: &Container) -> Result<Changes, ScriptError> {
        let function = self.function(REQUIRED[0])?;
        let pairs = container.env.iter().map(|(name, value)| {
            let mut entry = name.clone();
            entry.push("=");
            entry.push(value);
            entry.to_string_lossy().into_owned()
        });
        let env = self.lua.create_sequence_from(pairs).map_err(|error| self.failed(REQUIRED[0], error))?;
        let arguments = (
            container.id.clone(),
            text(&container.bundle),
            text(&container.spool),
            text(&container.config),
            container.job,
            container.uid,
            container.gid,
            env,
        );
        self.changes.take();
        self.judge(REQUIRED[0], function.call(arguments))?;
        Ok(self.changes.borrow().clone())
    }

    /// Calls `slurm_scrun_stage_out` with what `slurm_scrun_stage_in` changed.
    pub fn stage_out(&self, container: &Container, changes: &Changes) -> Result<(), ScriptError> {
        let function = self.function(REQUIRED[1])?;
        let arguments = (
            container.id.clone(),
            text(changes.bundle.as_ref().unwrap_or(&container.bundle)),
            text(&container.bundle),
            text(changes.root.as_ref().unwrap_or(&container.root)),
            text(&container.root),
            text(&container.spool),
            text(&container.config),
            container.job,
            container.uid,
            container.gid,
        );
        self.judge(REQUIRED[1], function.call(arguments))
    }

    fn function(&self, name: &'static str) -> Result<Function, ScriptError> {
        self.lua.globals().get(name).map_err(|_| ScriptError::Missing(self.path.clone(), name))
    }

    fn failed(&self, name: &'static str, error: mlua::Error) -> ScriptError {
        ScriptError::Failed(self.path.clone(), name, error)
    }

    fn returned(&self, name: &'static str, value: &Value) -> ScriptError {
        let shown = value.to_string().unwrap_or_else(|_| value.type_name().to_owned());
        ScriptError::Returned(self.path.clone(), name, shown)
    }

    fn judge(&self, name: &'static str, returned: mlua::Result<Value>) -> Result<(), ScriptError> {
        match returned {
            Ok(Value::Integer(0) | Value::Number(0.0)) => Ok(()),
            Ok(other) => Err(self.returned(name, &other)),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// The table `slurm` and the module `json`.
    fn provide(&self, host: &Rc<dyn Host>) -> mlua::Result<()> {
        let lua = &self.lua;
        let slurm = lua.create_table()?;
        for (name, value) in [("SUCCESS", 0), ("success", 0), ("ERROR", -1), ("FAILURE", -1)] {
            slurm.set(name, value)?;
        }
        let changes = Rc::clone(&self.changes);
        let set = move |_: &Lua, path: String| {
            changes.borrow_mut().bundle = Some(path.into());
            Ok(())
        };
        slurm.set("set_bundle_path", lua.create_function(set)?)?;
        let changes = Rc::clone(&self.changes);
        let set = move |_: &Lua, path: String| {
            changes.borrow_mut().root = Some(path.into());
            Ok(())
        };
        slurm.set("set_root_path", lua.create_function(set)?)?;
        let own = Rc::clone(host);
        let command = move |_: &Lua, script: String| Ok(own.allocator_command(&script));
        slurm.set("allocator_command", lua.create_function(command)?)?;
        let own = Rc::clone(host);
        let command = move |_: &Lua, script: String| Ok(own.remote_command(&script));
        slurm.set("remote_command", lua.create_function(command)?)?;
        let levels = [
            ("error", Level::Error),
            ("log_error", Level::Error),
            ("user_msg", Level::Info),
            ("log_info", Level::Info),
            ("log_verbose", Level::Verbose),
            ("log_debug", Level::Debug(1)),
            ("log_debug2", Level::Debug(2)),
            ("log_debug3", Level::Debug(3)),
            ("log_debug4", Level::Debug(4)),
        ];
        for (name, level) in levels {
            let own = Rc::clone(host);
            let log = move |lua: &Lua, words: mlua::Variadic<Value>| {
                own.log(level, &joined(lua, &words)?);
                Ok(())
            };
            slurm.set(name, lua.create_function(log)?)?;
        }
        let own = Rc::clone(host);
        let log = move |_: &Lua, (text, level): (String, Option<u8>)| {
            own.log(numbered(level.unwrap_or(1)), &text);
            Ok(())
        };
        slurm.set("log", lua.create_function(log)?)?;
        let minutes = |_: &Lua, text: String| {
            minutes(&text).ok_or_else(|| mlua::Error::runtime(format!("`{text}` is no time")))
        };
        slurm.set("time_str2mins", lua.create_function(minutes)?)?;
        lua.globals().set("slurm", &slurm)?;
        lua.globals().set("SLURM", slurm)?;
        let json = lua.create_table()?;
        let decode = |lua: &Lua, text: String| {
            let value: serde_json::Value = serde_json::from_str(&text).map_err(mlua::Error::external)?;
            lua.to_value(&value)
        };
        json.set("decode", lua.create_function(decode)?)?;
        let encode = |lua: &Lua, value: Value| {
            let value: serde_json::Value = lua.from_value(value)?;
            serde_json::to_string(&value).map_err(mlua::Error::external)
        };
        json.set("encode", lua.create_function(encode)?)?;
        json.set("null", lua.null())?;
        lua.register_module("json", json)
    }
}

/// A number behind `slurm.log`.
const fn numbered(level: u8) -> Level {
    match level {
        0 => Level::Error,
        1 => Level::Info,
        2 => Level::Verbose,
        more => Level::Debug(more - 2),
    }
}

/// The message of a log function: formatted where there is more than one argument, as Slurm's other scripts do it.
fn joined(lua: &Lua, words: &mlua::Variadic<Value>) -> mlua::Result<String> {
    if let [only] = &words[..] {
        return only.to_string();
    }
    let format: Function = lua.globals().get::<mlua::Table>("string")?.get("format")?;
    format.call(words.clone())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Minutes of a time as scrun(1) lists its forms; seconds that begin a minute count as one.
fn minutes(text: &str) -> Option<i64> {
    if matches!(text, "-1") || text.eq_ignore_ascii_case("INFINITE") || text.eq_ignore_ascii_case("UNLIMITED")
    {
        return Some(INFINITE);
    }
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(days.parse::<u32>().ok()?), clock),
        None => (None, text),
    };
    let fields = if clock.is_empty() && days.is_some() { Vec::new() } else { clock.split(':').collect() };
    let fields: Vec<i64> =
        fields.iter().map(|field| field.parse::<u32>().ok().map(i64::from)).collect::<Option<_>>()?;
    let seconds = match (days, &fields[..]) {
        (Some(_), []) => 0,
        (Some(_), [hours]) => hours * 3600,
        (Some(_), [hours, minutes]) => hours * 3600 + minutes * 60,
        (_, [hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
        (None, [minutes]) => minutes * 60,
        (None, [minutes, seconds]) => minutes * 60 + seconds,
        _ => return None,
    };
    let seconds = seconds + days.map_or(0, |days| i64::from(days) * 86_400);
    Some(seconds.div_euclid(60) + i64::from(seconds % 60 != 0))
}

#[cfg(test)]
mod tests;
