//! What Slurm accepts as oci.conf, release by release.

use super::table::rules;

rules! { OCI_CONF;
    "oci.conf, file" {
        C_FILE_1 "C-FILE-1" Must "Without the file containers are off and a request is advisory; a rejected file fails every container step.";
        C_FILE_2 "C-FILE-2" Must "The file is read at each step, so that a change takes effect at the next one.";
    }
    "oci.conf, lexing" {
        C_LEX_1 "C-LEX-1" Must "A line that ends in an odd number of backslashes continues on the next one.";
        C_LEX_2 "C-LEX-2" Must "An unescaped # starts a comment, which goes before continuation is judged.";
        C_LEX_3 "C-LEX-3" Must "A backslash is dropped and the character behind it is kept.";
        C_LEX_4 "C-LEX-4" Must "A line holds any number of pairs; keys know no case, values with white space are quoted.";
        C_LEX_5 "C-LEX-5" Must "An unknown key, or text that is no pair, rejects the file.";
        C_LEX_6 "C-LEX-6" Must "Of a key that is given twice the last value holds; SrunArgs alone collects.";
        C_LEX_7 "C-LEX-7" Must "A boolean is one of eight words in any case; any other rejects the file.";
        C_LEX_8 "C-LEX-8" Must "Include reads another file in its place.";
    }
    "oci.conf, completeness" {
        C_SET_1 "C-SET-1" Must "A file with none of the six operations is rejected.";
        C_SET_2 "C-SET-2" Must "Create and start mode needs create, start, kill, delete and query, and no run.";
        C_SET_3 "C-SET-3" Must "Run mode needs run, kill and delete, and neither create nor start.";
        C_SET_4 "C-SET-4" Must "Any other set of operations is rejected.";
        C_SET_5 "C-SET-5" Must "IgnoreFileConfigJson with create and start loads, and is fatal when a task is launched.";
        C_SET_6 "C-SET-6" Must "The two regular expressions are POSIX extended ones; one that does not compile rejects the file.";
    }
}
