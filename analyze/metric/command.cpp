// SPDX-License-Identifier: MIT
#include "metric/command.hpp"

#include "program/choice.hpp"

namespace phiscope::analyze::metric {
namespace {

/// Adds the option `name` to a subcommand.
void add_option(CLI::App& app, const std::string& name, Arguments& arguments) {
  if (name == "clusters") {
    app.add_option("--clusters", arguments.clusters, "[row] integers: the cluster of every row");
  } else if (name == "groups") {
    app.add_option("--groups", arguments.groups, "[row] integers: the group of every row");
  } else if (name == "adjacency") {
    app.add_option("--adjacency", arguments.adjacency,
                   "[row, row] symmetric weights >= 0: the graph that joins the rows");
  } else if (name == "cross") {
    add_choice<Cross>(app, "--cross", arguments.cross,
                      {{"groups", Cross::groups}, {"all", Cross::all}},
                      "cross pairs: groups (different cluster, same group; the default with "
                      "--groups) or all (different cluster)");
  } else if (name == "k") {
    app.add_option("--k", arguments.clusters_sought, "number of clusters")
        ->required()
        ->check(CLI::PositiveNumber);
  } else if (name == "n-init") {
    app.add_option("--n-init", arguments.restarts, "restarts, of which the best counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
  } else if (name == "seed") {
    app.add_option("--seed", arguments.seed, "of everything random")->capture_default_str();
  } else if (name == "redundancy") {
    add_choice<Redundancy>(app, "--redundancy", arguments.phiid.redundancy,
                           {{"mmi", Redundancy::mmi}, {"ccs", Redundancy::ccs}},
                           "mmi (the default) or ccs");
  } else if (name == "kind") {
    add_choice<PhiidKind>(app, "--kind", arguments.phiid.kind,
                          {{"gaussian", PhiidKind::gaussian}, {"discrete", PhiidKind::discrete}},
                          "gaussian (the default) or discrete");
  } else if (name == "lag") {
    app.add_option("--lag", arguments.phiid.lag, "time steps from past to future")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
        ->capture_default_str();
  } else if (name == "threads") {
    app.add_option("--threads", arguments.threads, "threads; no number depends on them")
        ->check(CLI::Range(std::size_t{1}, std::size_t{4096}))
        ->capture_default_str();
  } else if (name == "bf16") {
    app.add_flag("--bf16", arguments.bf16, "files of dtype u2 hold bfloat16");
  } else {
    throw std::invalid_argument("add_command: no option " + name);
  }
}

}  // namespace

std::vector<Command> all_commands() {
  std::vector<Command> all = array_commands();
  for (const auto& group :
       {structure_commands(), logit_commands(), series_commands(), head_commands()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

void add_command(CLI::App& app, const Command& command, Arguments& arguments) {
  CLI::App* const sub = app.add_subcommand(command.name, command.about);
  sub->footer(command.details + "\nExample: analyze-metric " + command.name + " " +
              command.example);
  for (std::size_t i = 0; i < command.files.size(); ++i) {
    const std::string& name = command.files[i];
    const bool optional = name.starts_with('[');
    sub->add_option(optional ? name.substr(1, name.size() - 2) : name, arguments.files.at(i),
                    optional ? ".npy file, may be left out" : ".npy file")
        ->required(!optional)
        ->option_text(" ");
  }
  for (const std::string& option : command.options) add_option(*sub, option, arguments);
}

}  // namespace phiscope::analyze::metric
