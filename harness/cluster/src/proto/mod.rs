//! What clients, controller and step daemons say to one another.
//!
//! * client to controller, over `ctld.sock`: [`Request`]s and [`Reply`]s ([`control`]); an allocation or a step lives as
//!   long as the connection that asked for it, unless it is a batch job;
//! * step daemon to srun, over the socket that srun listens on: [`FromStep`] and [`ToStep`] ([`stream`]).
//!
//! Who a client is, the controller takes from the socket (SO_PEERCRED), never from a message.

mod bytes;
pub mod control;
pub mod node;
pub mod stream;

pub use control::{Reply, Request};
pub use stream::{FromStep, ToStep};
