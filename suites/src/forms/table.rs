//! The rows that are run. They come from a greedy choice: of all requests that there are, again and again the one in which
//! most pairs of values meet that have not met yet, until none is left. A test holds the list complete.

use super::request::ask;
use super::row::{Asked, Form, Pty, Row, Shape, Spelled};
use crate::case::{Case, Releases};
use crate::rules::{G_LIM_3, G_OVER_1, L_REQ_1, L_REQ_2};

/// Writes the rows as cases.
macro_rules! forms {
    ($($name:ident $id:literal $form:ident $asked:ident $spelled:ident $pty:ident $shape:ident;)+) => {
        $(
            const $name: Row = Row {
                form: Form::$form,
                asked: Asked::$asked,
                spelled: Spelled::$spelled,
                pty: Pty::$pty,
                shape: Shape::$shape,
            };
        )+

        /// The rows.
        #[cfg(test)]
        const ROWS: &[Row] = &[$($name,)+];

        /// The cases of this area.
        pub const CASES: &[&Case] = &[$(
            &Case::must(
                $id,
                concat!(
                    "A container is entered, or not found, as it is asked for: form ", stringify!($form), ", by ",
                    stringify!($asked), ", path ", stringify!($spelled), ", terminal ", stringify!($pty), ", ",
                    stringify!($shape), ".\n\nCatches: a form of request that is taken and not obeyed, so that the \
                     command runs on the host, or in the container of somebody else."
                ),
                |cx| ask(cx, $name),
            )
            .rules(&[G_OVER_1, L_REQ_1, L_REQ_2, G_LIM_3])
            .releases(Releases::GUIDE)
            .nodes(2)
            .once(),
        )+];
    };
}

forms! {
    SRUN_OPTION_ABSOLUTE "forms.srun-option-absolute" Srun Option Absolute No One;
    SRUN_OPTION_ABSOLUTE_PTY "forms.srun-option-absolute-pty" Srun Option Absolute Yes One;
    SRUN_OPTION_SLASH_NODES "forms.srun-option-slash-nodes" Srun Option Slash No Nodes;
    SRUN_OPTION_SLASH_PTY "forms.srun-option-slash-pty" Srun Option Slash Yes One;
    SRUN_OPTION_ODD_TASKS "forms.srun-option-odd-tasks" Srun Option Odd No Tasks;
    SRUN_OPTION_ODD_PTY "forms.srun-option-odd-pty" Srun Option Odd Yes One;
    SRUN_VARIABLE_LINK_PTY "forms.srun-variable-link-pty" Srun Variable Link Yes One;
    SRUN_VARIABLE_RELATIVE_NODES "forms.srun-variable-relative-nodes" Srun Variable Relative No Nodes;
    SBATCH_OPTION_ABSOLUTE "forms.sbatch-option-absolute" Script Option Absolute No One;
    SBATCH_VARIABLE_SLASH "forms.sbatch-variable-slash" Script Variable Slash No One;
    SBATCH_DIRECTIVE_SLASH "forms.sbatch-directive-slash" Script Directive Slash No One;
    SBATCH_DIRECTIVE_LINK "forms.sbatch-directive-link" Script Directive Link No One;
    SBATCH_DIRECTIVE_ODD "forms.sbatch-directive-odd" Script Directive Odd No One;
    SBATCH_DIRECTIVE_RELATIVE "forms.sbatch-directive-relative" Script Directive Relative No One;
    WRAP_OPTION_SLASH "forms.wrap-option-slash" Wrap Option Slash No One;
    WRAP_OPTION_LINK "forms.wrap-option-link" Wrap Option Link No One;
    WRAP_OPTION_ODD "forms.wrap-option-odd" Wrap Option Odd No One;
    WRAP_OPTION_RELATIVE "forms.wrap-option-relative" Wrap Option Relative No One;
    WRAP_VARIABLE_ABSOLUTE "forms.wrap-variable-absolute" Wrap Variable Absolute No One;
    SALLOC_OPTION_SLASH "forms.salloc-option-slash" Salloc Option Slash No One;
    SALLOC_OPTION_LINK "forms.salloc-option-link" Salloc Option Link No One;
    SALLOC_OPTION_ODD "forms.salloc-option-odd" Salloc Option Odd No One;
    SALLOC_OPTION_RELATIVE "forms.salloc-option-relative" Salloc Option Relative No One;
    SALLOC_VARIABLE_ABSOLUTE "forms.salloc-variable-absolute" Salloc Variable Absolute No One;
    SALLOC_SHELL_OPTION_ABSOLUTE "forms.salloc-shell-option-absolute" SallocShell Option Absolute No One;
    SALLOC_SHELL_OPTION_SLASH "forms.salloc-shell-option-slash" SallocShell Option Slash No One;
    SALLOC_SHELL_OPTION_LINK "forms.salloc-shell-option-link" SallocShell Option Link No One;
    SALLOC_SHELL_OPTION_RELATIVE "forms.salloc-shell-option-relative" SallocShell Option Relative No One;
    SALLOC_SHELL_VARIABLE_ODD "forms.salloc-shell-variable-odd" SallocShell Variable Odd No One;
    SALLOC_SRUN_OPTION_ABSOLUTE_NODES "forms.salloc-srun-option-absolute-nodes" SallocSrun Option Absolute No Nodes;
    SALLOC_SRUN_OPTION_LINK_TASKS "forms.salloc-srun-option-link-tasks" SallocSrun Option Link No Tasks;
    SALLOC_SRUN_OPTION_ODD_NODES "forms.salloc-srun-option-odd-nodes" SallocSrun Option Odd No Nodes;
    SALLOC_SRUN_OPTION_RELATIVE_PTY "forms.salloc-srun-option-relative-pty" SallocSrun Option Relative Yes One;
    SALLOC_SRUN_VARIABLE_SLASH_TASKS "forms.salloc-srun-variable-slash-tasks" SallocSrun Variable Slash No Tasks;
    SBATCH_SRUN_OPTION_SLASH "forms.sbatch-srun-option-slash" SbatchSrun Option Slash No One;
    SBATCH_SRUN_OPTION_LINK_NODES "forms.sbatch-srun-option-link-nodes" SbatchSrun Option Link No Nodes;
    SBATCH_SRUN_OPTION_ODD "forms.sbatch-srun-option-odd" SbatchSrun Option Odd No One;
    SBATCH_SRUN_OPTION_RELATIVE_TASKS "forms.sbatch-srun-option-relative-tasks" SbatchSrun Option Relative No Tasks;
    SBATCH_SRUN_VARIABLE_ABSOLUTE_TASKS "forms.sbatch-srun-variable-absolute-tasks" SbatchSrun Variable Absolute No Tasks;
    SRUN_SRUN_OPTION_ABSOLUTE "forms.srun-srun-option-absolute" SrunSrun Option Absolute No One;
    SRUN_SRUN_OPTION_SLASH "forms.srun-srun-option-slash" SrunSrun Option Slash No One;
    SRUN_SRUN_OPTION_LINK "forms.srun-srun-option-link" SrunSrun Option Link No One;
    SRUN_SRUN_OPTION_ODD "forms.srun-srun-option-odd" SrunSrun Option Odd No One;
    SRUN_SRUN_OPTION_RELATIVE "forms.srun-srun-option-relative" SrunSrun Option Relative No One;
    ARRAY_OPTION_SLASH "forms.array-option-slash" Array Option Slash No One;
    ARRAY_OPTION_ODD "forms.array-option-odd" Array Option Odd No One;
    ARRAY_OPTION_RELATIVE "forms.array-option-relative" Array Option Relative No One;
    ARRAY_VARIABLE_LINK "forms.array-variable-link" Array Variable Link No One;
    ARRAY_DIRECTIVE_ABSOLUTE "forms.array-directive-absolute" Array Directive Absolute No One;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_two_values_that_go_together_meet() {
        let wanted: BTreeSet<_> = Row::every().iter().flat_map(|row| row.pairs()).collect();
        let met: BTreeSet<_> = ROWS.iter().flat_map(|row| row.pairs()).collect();
        assert_eq!(wanted.difference(&met).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
        assert_eq!(met.difference(&wanted).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    }

    #[test]
    fn an_id_says_what_its_row_is() {
        for (case, row) in CASES.iter().zip(ROWS) {
            let spelled = format!("{:?}", row.spelled).to_lowercase();
            assert!(case.id.contains(&spelled), "{}", case.id);
        }
    }
}
