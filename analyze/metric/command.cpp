// SPDX-License-Identifier: MIT
#include "metric/command.hpp"

namespace phiscope::analyze::metric {
namespace {

/// Adds the option `name` to a command.
void add_option(program::CommandLine& line, const std::string& name, Arguments& arguments) {
  if (name == "clusters") {
    line.text("--clusters", arguments.clusters, "[row] integers: the cluster of every row");
  } else if (name == "groups") {
    line.text("--groups", arguments.groups, "[row] integers: the group of every row");
  } else if (name == "adjacency") {
    line.text("--adjacency", arguments.adjacency,
              "[row, row] symmetric weights >= 0: the graph that joins the rows");
  } else if (name == "cross") {
    line.choice<Cross>("--cross", arguments.cross, {{"groups", Cross::groups}, {"all", Cross::all}},
                       "cross pairs: groups (different cluster, same group; the default with "
                       "--groups) or all (different cluster; the default without)");
  } else if (name == "k") {
    line.number(
        "--k",
        [&arguments](std::uint64_t k) { arguments.clusters_sought = static_cast<std::size_t>(k); },
        "number of clusters", {1}, true);
  } else if (name == "n-init") {
    line.number("--n-init", arguments.restarts, "restarts, of which the best counts", {1});
  } else if (name == "seed") {
    line.number("--seed", arguments.seed, "seed of everything random");
  } else if (name == "redundancy") {
    line.choice<Redundancy>("--redundancy", arguments.phiid.redundancy,
                            {{"mmi", Redundancy::mmi}, {"ccs", Redundancy::ccs}},
                            "minimum mutual information, or common change in surprisal");
  } else if (name == "kind") {
    line.choice<PhiidKind>("--kind", arguments.phiid.kind,
                           {{"gaussian", PhiidKind::gaussian}, {"discrete", PhiidKind::discrete}},
                           "Gaussian series in nats, or binarised ones in bits");
  } else if (name == "lag") {
    line.number("--lag", arguments.phiid.lag, "time steps from past to future", {1, 1'000'000'000});
  } else if (name == "threads") {
    line.number("--threads", arguments.threads, "number of threads; does not affect results",
                {1, 4096});
  } else if (name == "bf16") {
    line.flag("--bf16", arguments.bf16, "files of dtype u2 or V2 hold bfloat16");
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

program::CommandLine& add_command(program::CommandLine& line, const Command& command,
                                  Arguments& arguments) {
  program::CommandLine& own = line.command(
      command.name, command.about,
      command.details + "\nExample: analyze-metric " + command.name + " " + command.example);
  for (std::size_t i = 0; i < command.files.size(); ++i) {
    const std::string& name = command.files[i];
    const bool optional = name.starts_with('[');
    own.text(optional ? name.substr(1, name.size() - 2) : name, arguments.files.at(i),
             optional ? ".npy file, may be left out" : ".npy file", !optional);
  }
  for (const std::string& option : command.options) add_option(own, option, arguments);
  return own;
}

}  // namespace phiscope::analyze::metric
