// SPDX-License-Identifier: MIT
#include "metric.hpp"
#include "metric_input.hpp"
#include "metric_line.hpp"
#include "shard/npy_describe.hpp"

#include <phiscope/trace_covariance.hpp>

namespace phiscope::metric {
namespace {

std::string describe(const Arguments& arguments) {
  return shard::describe(shard::NpyFile(arguments.files[0])).dump();
}

std::string total_variance(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], arguments.bf16);
  const Value value = x.visit([](auto rows) { return trace_covariance(rows); });
  return Line("trace-covariance").value(value).count("n", x.rows()).str();
}

}  // namespace

std::vector<Command> array_commands() {
  return {{.name = "describe",
           .about = "shape, dtype and SHA-256 of an array",
           .details = "Of an array of any dtype; the hash is that of the elements in C order and "
                      "little endian, whatever their order in\nthe file.",
           .example = "rows.npy",
           .files = {"X"},
           .options = {},
           .run = describe},
          {.name = "trace-covariance",
           .about = "total variance of the rows",
           .details = "Tr(Cov(X)) of the rows of X [row, unit], with 1 / (n - 1). n counts rows.",
           .example = "latents.npy",
           .files = {"X"},
           .options = {"bf16"},
           .run = total_variance}};
}

}  // namespace phiscope::metric
