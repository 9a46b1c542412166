//! `cleave compare report` and `diff`: what can be told of results that are there already.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use cleave_compare::{Results, diff, report};

use crate::cli::print::{self, say};
use crate::cli::{Failure, Outcome, usage};

/// What `compare report` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReportArgs {
    /// The results.json of a comparison
    results: PathBuf,
    /// The page to write [default: report.html beside the results]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write each picture as a file of its own into this folder
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

/// What `compare diff` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// The results.json that counts as before
    before: PathBuf,
    /// The results.json that counts as after
    after: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// End with exit code 1 where a figure has surely become worse by more than so many percent, for builds that watch themselves
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_on_regression: Option<f64>,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim().parse::<f64>().ok();
    percent
        .filter(|percent| (0.0..=1_000.0).contains(percent))
        .ok_or_else(|| "a number of percent from 0 to 1000, such as 5".to_owned())
}

/// Writes the page, and the pictures where they are wanted.
pub(super) fn run_report(args: &ReportArgs) -> Outcome {
    let results = load(&args.results)?;
    let page = match &args.out {
        Some(page) => page.clone(),
        None => args.results.with_file_name("report.html"),
    };
    if page == args.results {
        return Err(usage(anyhow!(
            "--out {} is the file of the results, which the page would replace: give it another name",
            page.display()
        )));
    }
    write_page(&results, &page)?;
    say!("report: {}", page.display())?;
    if let Some(folder) = &args.svg {
        fs::create_dir_all(folder).with_context(|| {
            format!("the folder {} cannot be made; choose another one with --svg", folder.display())
        })?;
        let pictures = report::pictures(&results);
        for picture in &pictures {
            write(&folder.join(&picture.name), &picture.text)?;
        }
        say!("pictures: {} in {}", pictures.len(), folder.display())?;
    }
    Ok(())
}

/// Says what differs between two results.
pub(super) fn run_diff(args: &DiffArgs) -> Outcome {
    let (before, after) = (load(&args.before)?, load(&args.after)?);
    let names = [&args.before, &args.after].map(|path| path.display().to_string());
    let diff = diff((&names[0], &before), (&names[1], &after));
    if args.json { print::json(&diff) } else { print::text(&diff.to_string()) }?;
    let Some(percent) = args.fail_on_regression else { return Ok(()) };
    let regressions = diff.regressions(percent);
    for regression in &regressions {
        eprintln!("worse by more than {percent} %: {regression}");
    }
    if regressions.is_empty() { Ok(()) } else { Err(Failure::Told(1)) }
}

/// Writes the page of some results.
pub(super) fn write_page(results: &Results, page: &Path) -> Outcome {
    write(page, &report::page(results))
}

fn load(path: &Path) -> Result<Results, Failure> {
    Results::load(path).map_err(usage)
}

fn write(path: &Path, text: &str) -> Outcome {
    Ok(fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?)
}
