# SPDX-License-Identifier: MIT
# Whether the CUDA kernels are built: leaves phiscope_cuda, and phiscope_cudart, the runtime library.
# A language is enabled where every target that links it sees it: at the root.
set(PHISCOPE_CUDA AUTO CACHE STRING "CUDA kernels of extract: AUTO (where a CUDA compiler is found), ON or OFF")
set_property(CACHE PHISCOPE_CUDA PROPERTY STRINGS AUTO ON OFF)
set(phiscope_cuda FALSE)
if(PHISCOPE_CUDA STREQUAL "AUTO")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(phiscope_cuda TRUE)
  endif()
elseif(PHISCOPE_CUDA)
  set(phiscope_cuda TRUE)
endif()
if(NOT phiscope_cuda)
  message(STATUS "CUDA kernels: not built (PHISCOPE_CUDA=${PHISCOPE_CUDA})")
  return()
endif()

# The runtime is linked by its path: pip's wheels have it in lib, without the name that -lcudart
# looks for, and a path outside the system's folders is found again when a program starts.
set(CMAKE_CUDA_RUNTIME_LIBRARY None)
# Machine code for A100, H100 and B200, and what later GPUs compile themselves. A compiler before CUDA 12.8 does not
# know the last.
set(CMAKE_CUDA_ARCHITECTURES 80)
enable_language(CUDA)
set(phiscope_cuda_architectures 80 90)
if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.8)
  list(APPEND phiscope_cuda_architectures 100)
endif()
list(TRANSFORM phiscope_cuda_architectures APPEND -real OUTPUT_VARIABLE CMAKE_CUDA_ARCHITECTURES)
list(GET phiscope_cuda_architectures -1 newest)
list(APPEND CMAKE_CUDA_ARCHITECTURES ${newest}-virtual)
get_filename_component(phiscope_cuda_root ${CMAKE_CUDA_COMPILER} REALPATH)
get_filename_component(phiscope_cuda_root ${phiscope_cuda_root} DIRECTORY)
get_filename_component(phiscope_cuda_root ${phiscope_cuda_root} DIRECTORY)
find_library(phiscope_cudart NAMES cudart libcudart.so.13 libcudart.so.12 NAMES_PER_DIR
             HINTS ${phiscope_cuda_root} ${CMAKE_CUDA_COMPILER_TOOLKIT_ROOT}
             PATH_SUFFIXES lib64 lib targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib REQUIRED)
message(STATUS "CUDA kernels: nvcc ${CMAKE_CUDA_COMPILER_VERSION}, ${phiscope_cudart}")
