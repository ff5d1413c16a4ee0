//! One row of the matrix.

/// The command that asks for a container, and what of it runs inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// srun's step.
    Srun,
    /// sbatch's script.
    Script,
    /// sbatch's wrapped command.
    Wrap,
    /// salloc's command.
    Salloc,
    /// salloc's shell, of which the commands come by standard input.
    SallocShell,
    /// The step of an srun in salloc.
    SallocSrun,
    /// The step of an srun in a batch job.
    SbatchSrun,
    /// The step of an srun in a step.
    SrunSrun,
    /// The scripts of a job array.
    Array,
}

/// How it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// By --container.
    Option,
    /// By the command's variable.
    Variable,
    /// By a line of the script.
    Directive,
}

/// How the bundle's path is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelled {
    /// From the root.
    Absolute,
    /// With a slash behind it.
    Slash,
    /// By a symbolic link.
    Link,
    /// With spaces and quotes in it.
    Odd,
    /// From the working directory, which is not the step daemon's.
    Relative,
}

/// Whether --pty is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pty {
    /// It is not.
    No,
    /// It is.
    Yes,
}

/// How much of the cluster is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One task.
    One,
    /// Two tasks on a node.
    Tasks,
    /// Two nodes with a task each.
    Nodes,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub form: Form,
    pub asked: Asked,
    pub spelled: Spelled,
    pub pty: Pty,
    pub shape: Shape,
}

#[cfg(test)]
impl Row {
    /// Every row that there could be.
    pub(super) fn every() -> Vec<Self> {
        let mut rows = Vec::new();
        for form in [
            Form::Srun,
            Form::Script,
            Form::Wrap,
            Form::Salloc,
            Form::SallocShell,
            Form::SallocSrun,
            Form::SbatchSrun,
            Form::SrunSrun,
            Form::Array,
        ] {
            for asked in [Asked::Option, Asked::Variable, Asked::Directive] {
                for spelled in
                    [Spelled::Absolute, Spelled::Slash, Spelled::Link, Spelled::Odd, Spelled::Relative]
                {
                    for pty in [Pty::No, Pty::Yes] {
                        for shape in [Shape::One, Shape::Tasks, Shape::Nodes] {
                            rows.push(Self { form, asked, spelled, pty, shape });
                        }
                    }
                }
            }
        }
        rows.retain(|row| row.goes_together());
        rows
    }

    /// Whether there is such a request.
    fn goes_together(self) -> bool {
        let has_lines = matches!(self.form, Form::Script | Form::Array);
        // srun's variable would ask for the outer step's container, too.
        let has_variable = self.form != Form::SrunSrun;
        let has_pty = matches!(self.form, Form::Srun | Form::SallocSrun) && self.shape == Shape::One;
        let has_shape = matches!(self.form, Form::Srun | Form::SallocSrun | Form::SbatchSrun);
        (has_lines || self.asked != Asked::Directive)
            && (has_variable || self.asked != Asked::Variable)
            && (has_pty || self.pty == Pty::No)
            && (has_shape || self.shape == Shape::One)
    }

    /// Every two of its values.
    pub(super) fn pairs(self) -> std::collections::BTreeSet<(String, String)> {
        let values = [
            format!("{:?}", self.form),
            format!("{:?}", self.asked),
            format!("{:?}", self.spelled),
            format!("pty {:?}", self.pty),
            format!("{:?}", self.shape),
        ];
        let mut pairs = std::collections::BTreeSet::new();
        for (at, first) in values.iter().enumerate() {
            pairs.extend(values[at + 1..].iter().map(|second| (first.clone(), second.clone())));
        }
        pairs
    }
}
