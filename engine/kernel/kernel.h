/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The kernels that the network is made of. Maps are float [height][width][channels] unless said
 * otherwise ("channels last"), so that every inner loop runs over channels. Each fast kernel has a
 * plain twin (..._plain): the definition in few lines, against which the tests hold it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Computes one of the independent blocks into which a job is cut. scratch: as many floats as the job
 * asked for, 64-byte aligned, of the calling thread alone. Nothing is allocated. */
typedef void (*P3mBlock) (gconstpointer job, int block, float *scratch);

/* How a job is cut: depends on shapes only, never on the number of threads, so that results do not. */
typedef struct
{
  P3mBlock prepare; /* comes before the first block: writes what they read to the job's `shared` */
  int preparations; /* blocks of that; 0 = none */
  gsize shared;     /* floats there, enough for any job of this shape with no more tiles */
  P3mBlock run;
  int blocks;
  gsize scratch; /* floats */
} P3mWork;

/* ---- convolution -------------------------------------------------------------------------- */

/* A map, or with an index the 2x2 max-unpooling of a map of half the height and width, never stored. */
typedef struct
{
  const float *values; /* [height][width][channels], half of each side if there is an index */
  const guint8 *index; /* same shape, as p3m_pool writes it; NULL = none */
  int channels;
} P3mPart;

typedef enum
{
  P3M_ACTIVATION_NONE,
  P3M_ACTIVATION_RELU,
  P3M_ACTIVATION_ADD_RELU, /* ReLU of the sum with the residual: a ResNet block */
  P3M_ACTIVATION_RELU_ADD  /* the residual plus the ReLU: P3M-Net's feature integrations */
} P3mActivation;

/* How a convolution is computed, and with it the order of its weights. */
typedef enum
{
  P3M_METHOD_BLAS,   /* im2col and OpenBLAS: wherever there is one */
  P3M_METHOD_DIRECT, /* our micro-kernel on the maps as they lie */
  P3M_METHOD_WINOGRAD, /* F(4x4, 3x3): 3x3 only, a quarter of the multiplications, 36 / 9 of the weights */
  P3M_METHOD_WINOGRAD_LATE, /* the same, but the weights stay plain and are transformed as they are used */
  P3M_METHOD_COUNT
} P3mMethod;

/* Outputs whose weights lie together. */
enum
{
  P3M_PANEL = 16
};

typedef struct
{
  P3mMethod method;
  int size; /* 1 or 3; stride 1, zero padding of size / 2 */
  int inputs, outputs;
  const float *weights; /* as p3m_convolution_put_kernels() puts them */
  const float *bias;    /* [outputs, rounded up to a multiple of 16] */
} P3mConvolution;

/* Floats of a convolution's weights; they start out as zeros. */
gsize p3m_convolution_count_weights (P3mMethod method, int size, int inputs, int outputs);

/* Puts the kernels of one input and of the outputs from `output` (a multiple of 16) to output + 15:
 * [size][size][16], zeros where there is no such output. */
void p3m_convolution_put_kernels (P3mMethod method, int size, int inputs, int outputs, int input,
                                  int output, const double *kernels, float *weights);

/* Output pixels with the parts concatenated along the channels as input. output may be residual, but
 * not a part. */
typedef struct
{
  const P3mConvolution *convolution;
  P3mPart parts[3]; /* channels add up to convolution->inputs */
  int n_parts;
  int height, width;
  P3mActivation activation;
  const float *residual; /* [height][width][outputs], NULL where the activation takes none */
  float *output;         /* [height][width][outputs] */

  /* Which 4x4 tiles of the output are wanted: positions (row * tiles across + column); NULL = all. At
   * least those are computed, each with the same bits as in a whole map. */
  const int *tiles;
  int n_tiles;

  float *shared; /* as many floats as the work asks for */
} P3mConvolutionJob;

P3mWork p3m_convolution_work (const P3mConvolutionJob *job);

/* weights: [size][size][inputs][outputs], whatever the method. */
void p3m_convolution_plain (const P3mConvolutionJob *job, const float *weights);

/* All input channels of pixel (y, x), inside the map, one part after the other: values [inputs]. */
void p3m_convolution_gather (const P3mConvolutionJob *job, int y, int x, float *values);

/* The methods, each in a file of its own; p3m_convolution_work() takes the one that the convolution names. */
P3mWork p3m_blas_work (const P3mConvolutionJob *job);
P3mWork p3m_direct_work (const P3mConvolutionJob *job);
P3mWork p3m_winograd_work (const P3mConvolutionJob *job);
void p3m_winograd_put_kernels (int inputs, int outputs, int input, int output,
                               const double *kernels, float *weights);

/* ---- convolution to a few channels -------------------------------------------------------- */

/* 3x3 with 1..4 outputs, one dot product each. */
typedef struct
{
  int inputs, outputs;
  const float *weights; /* [outputs][3][3][inputs] */
  const float *bias;    /* [outputs] */
} P3mNarrow;

typedef struct
{
  const P3mNarrow *narrow;
  const float *input; /* [height][width][inputs] */
  int height, width;
  float *output; /* [height][width][outputs] */
} P3mNarrowJob;

P3mWork p3m_narrow_work (const P3mNarrowJob *job);
void p3m_narrow_plain (const P3mNarrowJob *job);

/* The matting decoder's end: max-unpooling, 3x3 convolution to one channel, sigmoid, fusion; the unpooled
 * map exists only tile by tile. Where only alpha is wanted, the input matters around class 1 only. */
typedef struct
{
  const P3mNarrow *narrow; /* one output */
  const float *input;      /* [height / 2][width / 2][inputs] */
  const guint8 *index;     /* same shape */
  int height, width;       /* of the output, even */
  const guint8 *classes;   /* [height][width]: 0, 1 or 2; NULL where alpha is */
  float *local;            /* [height][width], 0..1; NULL = not wanted */
  float *alpha;            /* the same where the class is 1, else class / 2; NULL = not wanted */
} P3mHeadJob;

P3mWork p3m_head_work (const P3mHeadJob *job);
void p3m_head_plain (const P3mHeadJob *job);

/* 1 / (1 + exp (-x)), without overflow for any x. */
float p3m_sigmoid (float x);

/* ---- pooling ------------------------------------------------------------------------------ */

/* Max pool 3x3, stride 2, padding 1. index: position in the 3x3 window, row-major 0..8, of the maximum;
 * the first of equals wins (strict >). */
typedef struct
{
  const float *input; /* [height][width][channels] */
  int height, width;  /* even */
  int channels;
  float *output; /* [height / 2][width / 2][channels] */
  guint8 *index; /* same shape; NULL = not wanted */
} P3mPoolJob;

P3mWork p3m_pool_work (const P3mPoolJob *job);
void p3m_pool_plain (const P3mPoolJob *job);

/* Max of the 2x2 pixels at (row * stride, column * stride): P3M-Net's sparse pool. */
void p3m_sparse_pool_plain (const float *input, int height, int width, int channels, int stride,
                            float *output);

/* Max-unpool 2x2: zero but for out[index[i]] = in[i] in row-major order of i. The 3x3 windows overlap:
 * the later write wins. height and width are those of the unpooled map, even. Writes pixel (y, x):
 * values [channels]. */
void p3m_unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values);
void p3m_unpool_plain (const P3mPart *part, int height, int width, float *output);

/* ---- the stem ----------------------------------------------------------------------------- */

/* The encoder's entry: 7x7 convolution of the picture and ReLU, of which only pooled maps are kept. The
 * full-size map exists only tile by tile. Outputs that are NULL are not computed. */
enum
{
  P3M_STEM_PANEL = 16
};

typedef struct
{
  int outputs;
  /* [outputs / panel, rounded up][7 columns][3][7 rows][panel], zero where there is no output; then the same
   * transformed, see stem.h */
  const float *weights;
  const float *bias; /* [outputs, rounded up to a whole panel] */
} P3mStem;

typedef struct
{
  const P3mStem *stem;
  const float *rgb;  /* [3][height][width] */
  int height, width; /* multiples of 8 */
  float *pooled;     /* [height / 2][width / 2][outputs]: 3x3 max pool, stride 2 */
  guint8 *index;     /* same shape */
  float *
      sparse[3]; /* 2x2 max pools with stride 2, 4, 8: [height / stride][width / stride][outputs] */
} P3mStemJob;

/* Floats of P3mStem's weights, and how they are filled: for one of the three inputs and the panel of outputs
 * that starts at `output`. kernels: [7][7][panel]. */
gsize p3m_stem_count_weights (int outputs);
void p3m_stem_put_kernels (int outputs, int input, int output, const double *kernels,
                           float *weights);

P3mWork p3m_stem_work (const P3mStemJob *job);
void p3m_stem_plain (const P3mStemJob *job);

/* Only the full-size map of it, after ReLU: [height][width][outputs]. */
void p3m_stem_map_plain (const P3mStem *stem, const float *rgb, int height, int width,
                         float *output);

/* ---- upsampling --------------------------------------------------------------------------- */

/* Bilinear, half-pixel centres (align_corners = false). */
typedef struct
{
  const float *input; /* [height][width][channels] */
  int height, width;  /* of the input */
  int channels;
  int factor;    /* a power of two */
  float *output; /* [height * factor][width * factor][channels] */
} P3mUpsampleJob;

P3mWork p3m_upsample_work (const P3mUpsampleJob *job);
void p3m_upsample_plain (const P3mUpsampleJob *job);

/* The semantic decoder's end: logits upsampled by two and the class of the greatest, the first of
 * equals. Only what is wanted is stored. */
typedef struct
{
  const float *input; /* [height][width][3] */
  int height, width;  /* of the input */
  float *logits;      /* [3][2 * height][2 * width]; NULL = not wanted */
  guint8 *classes;    /* [2 * height][2 * width]; NULL = not wanted */
} P3mClassesJob;

/* The greatest of three, the first of equals. */
static inline guint8
p3m_classify (const float logits[3])
{
  const int best = logits[1] > logits[0];
  return logits[2] > logits[best] ? 2 : best;
}

P3mWork p3m_classes_work (const P3mClassesJob *job);
void p3m_classes_plain (const P3mClassesJob *job);

G_END_DECLS
