// SPDX-License-Identifier: MIT
// The C++ side of bench/metrics.py: stays loaded and runs one kernel per line of standard input, so
// that the two sides can alternate in one run. Answers with CPU seconds and the result.
#include "shard/npy/npy.hpp"

#include <phiscope/k_means.hpp>
#include <phiscope/kl_divergence.hpp>
#include <phiscope/mean_cosine.hpp>
#include <phiscope/strided_mean_pooling.hpp>
#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>

#include <ctime>
#include <exception>
#include <iomanip>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>

namespace {

using phiscope::MatrixView;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Prints the CPU seconds of one call and what it returned.
template <class Kernel>
void answer(Kernel kernel) {
  const double start = cpu_seconds();
  const double result = kernel();
  std::cout << cpu_seconds() - start << ' ' << result << '\n';
}

/// Prints seconds, inertia and iterations.
void answer_k_means(MatrixView<float> rows, const phiscope::KMeansOptions& options) {
  const double start = cpu_seconds();
  const phiscope::KMeans found = phiscope::k_means(rows, options);
  std::cout << cpu_seconds() - start << ' ' << found.inertia.value() << ' ' << found.iterations
            << '\n';
}

void run(const std::string& kernel, std::span<const float> values, MatrixView<float> rows) {
  if (kernel == "read") {  // the limit of what only adds up
    answer([values] {
      return double{Eigen::Map<const Eigen::ArrayXf>(values.data(), std::ssize(values)).maxCoeff()};
    });
  } else if (kernel == "trace") {
    answer([rows] { return phiscope::trace_covariance(rows).value(); });
  } else if (kernel == "trace-16") {  // of the samples of a problem, one problem after another
    answer([values, rows] {
      double sum = 0.0;
      for (std::size_t i = 0; i + 16 <= rows.rows(); i += 16) {
        const auto samples = values.subspan(i * rows.cols(), 16 * rows.cols());
        sum += phiscope::trace_covariance(MatrixView<float>(samples, 16, rows.cols())).value();
      }
      return sum;
    });
  } else if (kernel == "cosine") {
    answer([rows] { return phiscope::mean_cosine(rows).value(); });
  } else if (kernel == "pool") {
    answer([rows] { return phiscope::strided_mean_pooling(rows, {.stride = 1}).mean.front(); });
  } else if (kernel == "kl") {
    answer([rows] {
      double sum = 0.0;
      for (std::size_t i = 1; i < rows.rows(); ++i) {
        sum += phiscope::kl_divergence(rows.row(i - 1), rows.row(i)).kl.value();
      }
      return sum;
    });
  } else if (kernel == "k-means") {
    phiscope::KMeansOptions options;
    std::cin >> options.clusters >> options.restarts >> options.max_iterations >> options.seed;
    answer_k_means(rows, options);
  } else {
    throw std::invalid_argument("no kernel " + kernel);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::invalid_argument("usage: metrics_bench FILE.npy");
    const phiscope::shard::NpyFile file(argv[1]);
    const std::span<const float> values = file.view<float>();
    const MatrixView<float> rows(values, file.shape().at(0), file.shape().at(1));
    std::cout << std::setprecision(17);
    std::string kernel;
    while (std::cin >> kernel) {
      run(kernel, values, rows);
      std::cout.flush();
    }
  } catch (const std::exception& error) {
    std::cerr << "metrics_bench: error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
