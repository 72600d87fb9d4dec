// SPDX-License-Identifier: MIT
#include "metric/command.hpp"
#include "metric/input.hpp"
#include "metric/line.hpp"
#include "shard/npy/describe.hpp"

#include <phiscope/k_means.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/trace_covariance.hpp>

namespace phiscope::analyze::metric {
namespace {

std::string describe(const Arguments& arguments) {
  return shard::describe(shard::NpyFile(arguments.files[0])).dump();
}

std::string total_variance(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  const Value value = x.visit([](auto rows) { return trace_covariance(rows); });
  return Line("trace-covariance").value(value).count("n", x.rows()).str();
}

std::string cosine(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  const Value value = x.visit([](auto rows) { return mean_cosine(rows); });
  return Line("mean-cosine").value(value).count("n", x.rows()).str();
}

std::string kmeans(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  const KMeansOptions options{.clusters = arguments.clusters_sought,
                              .restarts = arguments.restarts,
                              .seed = arguments.seed};
  const KMeans found = x.visit([&options](auto rows) { return k_means(rows, options); });
  return Line("kmeans")
      .value(found.inertia)
      .count("n", x.rows())
      .integers("labels", found.labels)
      .count("clusters", found.clusters)
      .count("iterations", found.iterations)
      .str();
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
           .run = total_variance},
          {.name = "mean-cosine",
           .about = "mean cosine over all pairs of rows",
           .details = "Of the rows of X [row, unit]. n counts rows.",
           .example = "latents.npy",
           .files = {"X"},
           .options = {"bf16"},
           .run = cosine},
          {.name = "kmeans",
           .about = "k-means clusters of the rows",
           .details = "value is the inertia, the sum of |x - centre|^2 over the rows of X [row, "
                      "unit]; labels [row] are 0 .. clusters - 1,\nwhere clusters is --k unless "
                      "fewer rows differ. n counts rows.",
           .example = "latents.npy --k 8 --n-init 10 --seed 0",
           .files = {"X"},
           .options = {"k", "n-init", "seed", "bf16"},
           .run = kmeans}};
}

}  // namespace phiscope::analyze::metric
