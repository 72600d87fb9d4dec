// SPDX-License-Identifier: MIT
#include "model/cpu/matrix_products.hpp"

#include "extract/model/model_fixture.hpp"
#include "model/cpu/product_parts.hpp"
#include "model/layers.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <mutex>
#include <vector>

using namespace phiscope::extract;

TEST_CASE("MKL is in its strict mode", "[matrix_products]") {
  const MatrixProducts& found = matrix_products();
  REQUIRE(at::hasMKL());  // what this project installs has it
  CHECK(found.reproducible);
  CHECK(found.name == "MKL AUTO,STRICT");
  CHECK(&matrix_products() == &found);
}

TEST_CASE("modes that promise less are refused, and no MKL promises nothing", "[matrix_products]") {
  CHECK(judge_products(0x10002, "").name == "MKL AUTO,STRICT");
  CHECK(judge_products(0x1000a, "AVX2,STRICT").name == "MKL AVX2,STRICT");
  CHECK(judge_products(0x1000c, "AVX512,STRICT").name == "MKL AVX512,STRICT");
  CHECK(judge_products(0x1000e, "AVX512_E1,STRICT").name == "MKL AVX512_E1,STRICT");
  CHECK(judge_products(0x10002, "AVX512,STRICT").name == "MKL AUTO,STRICT");  // on a CPU without
  for (const auto& [mode, variable] :
       std::vector<std::pair<int, std::string>>{{0x2, "AUTO"},
                                                {0xa, "AVX2"},
                                                {0x3, "COMPATIBLE"},
                                                {0x10003, "COMPATIBLE,STRICT"},
                                                {0x10008, "SSE4_2,STRICT"},
                                                {0x1, "OFF"}}) {
    CAPTURE(variable);
    CHECK_THROWS_WITH(judge_products(mode, variable),
                      Contains("MKL_CBWR: found '" + variable + "', expected"));
  }
  CHECK_THROWS_AS(judge_products(0x1, ""), std::logic_error);  // a product came first
  CHECK_FALSE(judge_products(std::nullopt, "").reproducible);
  CHECK(judge_products(std::nullopt, "AUTO,STRICT").name == "not reproducible");
}

TEST_CASE("the instruction set that the environment asks for is the one in use",
          "[matrix_products]") {
  const char* const wanted = std::getenv("ATEN_CPU_CAPABILITY");
  const std::string found = at::get_cpu_capability();
  if (wanted == nullptr) {
    CHECK_FALSE(found.empty());
  } else {
    CHECK(found == (std::string(wanted) == "avx2" ? "AVX2" : "DEFAULT"));
  }
}

TEST_CASE("a row of a product has the same bits among any others", "[matrix_products]") {
  const c10::InferenceMode no_gradients;
  REQUIRE(matrix_products().reproducible);
  at::set_num_threads(1);
  const auto dtype = GENERATE(at::kFloat, at::kDouble, at::kBFloat16, at::kHalf);
  for (const std::int64_t in : {8, 10, 13, 20, 33, 97, 250, 301, 768}) {
    for (const std::int64_t out : {4, 10, 31, 65, 97, 301, 768}) {
      // Below 4,096 multiplications, here of 16 rows, LibTorch takes another 16-bit kernel.
      if (at::elementSize(dtype) == 2 && in * out <= 256) continue;
      const at::Tensor x = at::randn({200, in}).to(dtype);
      const at::Tensor weight = at::randn({out, in}).to(dtype);
      const at::Tensor bias = at::randn({out}).to(dtype);
      const at::Tensor all = product(x, weight, bias, /*step=*/false);
      for (const std::int64_t rows : {1, 2, 3, 7, 8, 16, 24, 45, 56, 101, 128}) {
        for (const std::int64_t first : {0, 5, 40}) {
          CAPTURE(at::toString(dtype), in, out, rows, first);
          CHECK(product(x.narrow(0, first, rows), weight, bias, /*step=*/false)
                    .equal(all.narrow(0, first, rows)));
        }
      }
    }
  }
}

TEST_CASE("parts of a product cover it once and have no fewer rows than filled ones",
          "[matrix_products]") {
  for (const int threads : {1, 2, 5, 9, 16}) {
    at::set_num_threads(threads);
    for (std::int64_t rows = 16; rows <= 600; rows += 8) {
      for (const std::int64_t outputs : {1, 10, 11, 35}) {
        std::vector<int> times(static_cast<std::size_t>(rows * outputs), 0);
        std::int64_t fewest = rows;
        std::mutex guard;
        by_parts(rows, outputs, 10, [&](const ProductPart& part) {
          const std::lock_guard lock(guard);
          fewest = std::min(fewest, part.rows);
          for (std::int64_t r = part.row; r < part.row + part.rows; ++r) {
            for (std::int64_t o = part.output; o < part.output + part.outputs; ++o) {
              ++times.at(static_cast<std::size_t>(r * outputs + o));
            }
          }
        });
        CAPTURE(threads, rows, outputs);
        CHECK(fewest >= 16);
        CHECK(std::ranges::count(times, 1) == rows * outputs);
      }
    }
  }
  at::set_num_threads(1);
  by_parts(0, 5, 10,
           [](const ProductPart& /*part*/) { FAIL("a product of no rows has no parts"); });
}

TEST_CASE("a product has the same bits on any number of threads", "[matrix_products]") {
  const c10::InferenceMode no_gradients;
  REQUIRE(matrix_products().reproducible);
  const auto dtype = GENERATE(at::kFloat, at::kDouble);
  // Of GPT-2's down projection, and sizes of which MKL's own threads get a few columns each.
  for (const std::int64_t in : {16, 97, 301, 3072}) {
    for (const std::int64_t out : {16, 20, 32, 48, 64, 97, 1000}) {
      for (const std::int64_t rows :
           {16, 64, 104, 160, 328}) {  // 328: four blocks of 80 and 8 rows
        const at::Tensor x = at::randn({rows, in}).to(dtype);
        const at::Tensor weight = at::randn({out, in}).to(dtype);
        at::set_num_threads(1);
        const at::Tensor alone = product(x, weight, {}, /*step=*/false);
        for (const int threads : {2, 3, 5, 9}) {
          CAPTURE(at::toString(dtype), in, out, rows, threads);
          at::set_num_threads(threads);
          CHECK(product(x, weight, {}, /*step=*/false).equal(alone));
        }
      }
    }
  }
  at::set_num_threads(1);
}
