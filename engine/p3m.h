/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The public interface of libp3m: a photograph goes in, the alpha matte of its person comes out. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SECTION:p3m
 *
 * libp3m runs P3M-Net (J. Li, S. Ma, J. Zhang, D. Tao, "Privacy-Preserving Portrait Matting", ACM MM
 * 2021) on a photograph. The caller hands in a #P3mSource from which pixels are pulled and gets a
 * #P3mMatte, from which the alpha of any rectangle at any size can be rendered: a picture of 100
 * megapixels never has to exist as one array of floats.
 *
 * Every pixel position is counted from the top left corner. All pictures are row-major with no
 * padding between rows. Strings handed out belong to their object unless said otherwise.
 * Error messages and stage names are sentences for the person at the desk, in their language.
 */

/**
 * P3mError:
 * @P3M_ERROR_NO_MODEL: no model file was found where models are looked for
 * @P3M_ERROR_BAD_MODEL: the file is not a P3M-Net model; the message names the fault and the tensor
 * @P3M_ERROR_BAD_PICTURE: the picture is empty or has a side above %P3M_MAX_SIDE
 * @P3M_ERROR_NO_MEMORY: the memory needed was refused; the message says how much
 *
 * What can go wrong beside #GIOErrorEnum, of which %G_IO_ERROR_CANCELLED is used for cancelled runs.
 */
#define P3M_ERROR (p3m_error_quark ())

typedef enum
{
  P3M_ERROR_NO_MODEL,
  P3M_ERROR_BAD_MODEL,
  P3M_ERROR_BAD_PICTURE,
  P3M_ERROR_NO_MEMORY
} P3mError;

GQuark p3m_error_quark (void);

/** P3M_MAX_SIDE: the longest side of a picture, in px. */
#define P3M_MAX_SIDE 262144

/**
 * P3mRectangle:
 * @x: left edge, in px
 * @y: top edge, in px
 * @width: in px, at least 1
 * @height: in px, at least 1
 */
typedef struct
{
  int x, y;
  int width, height;
} P3mRectangle;

/**
 * P3mProgress:
 * @fraction: share of the whole work that is done, 0..1, never falling
 * @stage: what is being done, translated, e.g. "Looking for the person"
 *
 * Called on the thread that called the function which reports.
 */
typedef void (*P3mProgress) (double fraction, const char *stage, gpointer user_data);

/* ---- models ------------------------------------------------------------------------------- */

/**
 * P3mModel:
 *
 * The weights of one P3M-Net, checked, folded and ready to run. Immutable and reference-counted:
 * any number of threads may use one at once.
 */
typedef struct _P3mModel P3mModel;

/**
 * P3mModelInfo:
 * @path: (type filename): the file
 * @id: the file's name without folder and ".safetensors"; p3m_model_load() accepts it
 * @name: `p3m.name` of the file, or @id
 * @license: `p3m.license`, or ""
 * @trained_on: `p3m.trained_on`, or ""
 * @card: `p3m.card`, where the model card is found, or ""
 * @width: share of the published channel counts, 1 = as published
 * @size: `p3m.size`, the long side in px for which it was trained; 0 = as published
 * @problem: (nullable): why the file cannot be used, NULL = its header is sound
 *
 * What a model file's header says.
 */
typedef struct
{
  char *path;
  char *id;
  char *name;
  char *license;
  char *trained_on;
  char *card;
  double width;
  int size;
  char *problem;
} P3mModelInfo;

void p3m_model_info_free (P3mModelInfo *info);

/**
 * p3m_models_list:
 *
 * Looks for model files in the order of preference: the file or folder in the environment variable
 * `P3M_MODEL`, `$XDG_DATA_HOME/p3m/models`, `p3m/models` in each of `$XDG_DATA_DIRS`, then the
 * folder of bundled models. Broken files are listed too, with @problem set. Of two files of one id
 * the first hides the second.
 *
 * Returns: (transfer full) (element-type P3mModelInfo): best first; empty when there are none.
 */
GPtrArray *p3m_models_list (void);

/**
 * p3m_models_add_folder:
 * @folder: (type filename): an absolute path, copied
 *
 * Makes a further folder of bundled models known, looked at before the one fixed at build time: a
 * plug-in that carries its models beside its executable calls this once at start. Not thread-safe.
 */
void p3m_models_add_folder (const char *folder);

/**
 * p3m_models_get_folders:
 *
 * Returns: (transfer full) (array zero-terminated=1): the places where p3m_models_list() looks, in
 * its order; free with g_strfreev().
 */
char **p3m_models_get_folders (void);

/**
 * p3m_model_load:
 * @name: (nullable): the path of a model file, or the id of an installed one; NULL or "" = the first
 *   sound one of p3m_models_list()
 * @cancellable: (nullable): ends the folding between two layers
 *
 * Checks a whole safetensors file (header length, JSON shape, names, types, exact shapes, offsets,
 * finite values, positive variances) before anything is computed from it, then folds the batch
 * norms into the convolutions.
 *
 * Returns: (transfer full): the model, or NULL with @error set to a #P3mError or a #GIOErrorEnum.
 */
P3mModel *p3m_model_load (const char *name, GCancellable *cancellable, GError **error);
P3mModel *p3m_model_ref (P3mModel *model);
void p3m_model_unref (P3mModel *model);

/** p3m_model_get_info: Returns: (transfer none): what the file's header says. */
const P3mModelInfo *p3m_model_get_info (const P3mModel *model);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mModel, p3m_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mModelInfo, p3m_model_info_free)

/* ---- checkpoints -------------------------------------------------------------------------- */

/**
 * P3mCheckpointTensor:
 * @name: its name in the network, shortened and without control characters
 * @dtype: number format as safetensors names it: "F32", "F16", "BF16", "F64", "I64", ...
 * @rank: 0..8
 * @shape: the first @rank count
 *
 * One tensor of a checkpoint.
 */
typedef struct
{
  char *name;
  const char *dtype;
  int rank;
  gsize shape[8];
} P3mCheckpointTensor;

void p3m_checkpoint_tensor_free (P3mCheckpointTensor *tensor);

/**
 * p3m_checkpoint_inspect:
 * @path: (type filename): a file written by torch.save, in its zip or its legacy layout
 *
 * Lists the tensors of a checkpoint of any network. Nothing of the file is ever executed: what is
 * not a plain value or a tensor is refused by name. Writes nothing.
 *
 * Returns: (transfer full) (element-type P3mCheckpointTensor): in the file's order, or NULL with @error
 * set to %P3M_ERROR_BAD_MODEL, %P3M_ERROR_NO_MEMORY or a #GIOErrorEnum.
 */
GPtrArray *p3m_checkpoint_inspect (const char *path, GError **error);

/**
 * p3m_checkpoint_import:
 * @path: (type filename): as for p3m_checkpoint_inspect()
 * @half: whether convolutions are stored in half precision: half the size, alphas change by about
 *   a thousandth
 * @sha256: (out) (optional) (transfer full): of the checkpoint, hexadecimal
 * @cancellable: (nullable): ends the import between two tensors
 *
 * Turns a published checkpoint of P3M-Net (ResNet-34), of any width, into a model file of the same name
 * in `$XDG_DATA_HOME/p3m/models`. All names, shapes and values are checked first; a file of that name is
 * replaced in one step or not at all. Hosts run this in a process of its own (`p3m import`).
 *
 * Returns: (transfer full): path, id, name and width of the new model, or NULL with @error set to
 * %P3M_ERROR_BAD_MODEL, %P3M_ERROR_NO_MEMORY or a #GIOErrorEnum.
 */
P3mModelInfo *p3m_checkpoint_import (const char *path, gboolean half, char **sha256,
                                     GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mCheckpointTensor, p3m_checkpoint_tensor_free)

/* ---- mattes ------------------------------------------------------------------------------- */

/**
 * P3mSource:
 * @width: of the picture, px, 1..%P3M_MAX_SIDE
 * @height: of the picture, px, 1..%P3M_MAX_SIDE
 * @read: fills @rgb, [area->height][area->width][3], R'G'B' in sRGB, nominal range 0..1 (values
 *   outside are clamped, NaN counts as 0); FALSE with the error set ends the run
 * @user_data: handed to @read
 *
 * Where the pixels come from. @read is called on the thread that called the engine, never on two
 * threads at once, with full-width areas from top to bottom: once over the picture, and for a nearer
 * look at a small subject or at a group (%P3M_STRATEGY_AUTO) once more over its rows.
 */
typedef struct
{
  int width, height;
  gboolean (*read) (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error);
  gpointer user_data;
} P3mSource;

/**
 * P3mSink:
 * @write: takes @alpha, [area->height][area->width], 0 = background .. 1 = person; FALSE with the
 *   error set ends the run
 * @user_data: handed to @write
 *
 * Where an alpha goes: every pixel once, in full-width areas from top to bottom, on the thread that
 * called the engine.
 */
typedef struct
{
  gboolean (*write) (const P3mRectangle *area, const float *alpha, gpointer user_data,
                     GError **error);
  gpointer user_data;
} P3mSink;

/**
 * P3mStrategy:
 * @P3M_STRATEGY_AUTO: the best that the model can do. With a model whose file says for which scale it
 *   was trained: a look at that scale, a nearer one if the subject is small or a group, and the matting
 *   decoder at twice that scale where these saw a transition. Hybrid otherwise
 * @P3M_STRATEGY_RESIZE: the paper's "resize" test: one pass at half size, at most 1600 px a side
 * @P3M_STRATEGY_HYBRID: the paper's "hybrid" test: semantics at half size, details at full size, each
 *   at most 1600 px a side
 * @P3M_STRATEGY_DRAFT: a first idea in a fraction of the time of @P3M_STRATEGY_AUTO: its first look only;
 *   one pass at a long side of at most 512 px with a model of no scale
 *
 * At which scales the network looks at the picture.
 */
typedef enum
{
  P3M_STRATEGY_AUTO,
  P3M_STRATEGY_RESIZE,
  P3M_STRATEGY_HYBRID,
  P3M_STRATEGY_DRAFT
} P3mStrategy;

/**
 * p3m_strategy_from_name:
 * @name: "auto", "resize", "hybrid" or "draft"
 *
 * Returns: TRUE and the strategy, or FALSE when there is none of that name.
 */
gboolean p3m_strategy_from_name (const char *name, P3mStrategy *strategy);
const char *p3m_strategy_get_name (P3mStrategy strategy);

/**
 * P3mMatte:
 *
 * The network's answer for one picture at the scales at which the network ran. Immutable and
 * reference-counted; any number of threads may render from one at once.
 */
typedef struct _P3mMatte P3mMatte;

/**
 * p3m_matte_new:
 * @model: the network
 * @source: the picture
 * @strategy: the scales
 * @threads: worker threads, also of each rendering of the matte; 0 = one for each processor that this process may use
 * @progress: (nullable): is told how far the run is, at least ten times a second of work
 * @cancellable: (nullable): ends the run within 0.2 s at 512 x 512 and 1 s at 1600 x 1600
 *
 * Runs the network on a picture. Blocking; calls @source and @progress on the calling thread.
 *
 * Returns: (transfer full): the matte, or NULL with @error set to a #P3mError, to
 * %G_IO_ERROR_CANCELLED, or to what @source said.
 */
P3mMatte *p3m_matte_new (const P3mModel *model, const P3mSource *source, P3mStrategy strategy,
                         int threads, P3mProgress progress, gpointer progress_data,
                         GCancellable *cancellable, GError **error);

/**
 * p3m_matte_estimate:
 * @width: of the picture, px, 1..%P3M_MAX_SIDE
 * @height: of the picture, px, 1..%P3M_MAX_SIDE
 * @work: (out): operations; the same for every computer, so that the time of one run tells that of another
 * @memory: (out): bytes that the largest pass takes, beside the model's
 *
 * What p3m_matte_new() will take, without the work of a nearer look; the memory is enough for it.
 */
void p3m_matte_estimate (const P3mModel *model, P3mStrategy strategy, int width, int height,
                         double *work, gsize *memory);

/**
 * p3m_matte_enlarge:
 * @matte: that nobody else has yet
 * @width: px, 1..%P3M_MAX_SIDE
 * @height: px, 1..%P3M_MAX_SIDE
 *
 * What was made of a small copy of a picture becomes the matte of the picture, of @width x @height: the same alpha,
 * rendered at any size.
 */
void p3m_matte_enlarge (P3mMatte *matte, int width, int height);

P3mMatte *p3m_matte_ref (P3mMatte *matte);
void p3m_matte_unref (P3mMatte *matte);

/** p3m_matte_get_width: Returns: the width of the picture, px. */
int p3m_matte_get_width (const P3mMatte *matte);
/** p3m_matte_get_height: Returns: the height of the picture, px. */
int p3m_matte_get_height (const P3mMatte *matte);

/**
 * p3m_matte_render:
 * @width: width of the whole picture as it is wanted, px; the picture's own for its own pixels,
 *   less for a preview
 * @height: height of the whole picture as it is wanted, px
 * @area: the part of @width x @height that is wanted
 * @alpha: (out): filled, [area->height][area->width], 0 = background .. 1 = person
 *
 * The alpha of a part of the picture. A pure function: parts join without a seam.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY.
 */
gboolean p3m_matte_render (const P3mMatte *matte, int width, int height, const P3mRectangle *area,
                           float *alpha, GError **error);

/**
 * p3m_matte_write:
 *
 * Hands the alpha of the whole picture to @sink, band by band.
 *
 * Returns: TRUE, or FALSE with @error set (%P3M_ERROR_NO_MEMORY, %G_IO_ERROR_CANCELLED, or what @sink
 * said). What was written before stays written.
 */
gboolean p3m_matte_write (const P3mMatte *matte, const P3mSink *sink, P3mProgress progress,
                          gpointer progress_data, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mMatte, p3m_matte_unref)

/* ---- refinements -------------------------------------------------------------------------- */

/**
 * P3mGuide:
 * @read: fills @rgb, [area->height][area->width][3], R'G'B' in sRGB, nominal range 0..1, with any part of
 *   the picture at the size that is rendered; FALSE with the error set ends the rendering
 * @user_data: handed to @read
 *
 * The picture's own pixels, for edge detail. @read is called on the thread that renders.
 */
typedef struct
{
  gboolean (*read) (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error);
  gpointer user_data;
} P3mGuide;

/**
 * P3mRefinement:
 * @edge_detail: 0..100, how far soft alphas follow the picture's own pixels where the network saw a
 *   smaller picture; without a #P3mGuide it does nothing
 * @smooth: 0..100, straightens the outline where it is clean and leaves hair alone; 100 works at the
 *   scale of 0.5 % of the picture's longer side
 * @shift_edge: -100..100, moves the outline in (< 0) or out (> 0) without making it harder or softer; 100
 *   is 1 % of the picture's longer side
 * @feather: 0..250 px of the picture, blurs the outline as GIMP feathers a selection
 * @contrast: 0..100, makes the outline harder; at 100 no pixel is soft
 * @black_point: 0..1, alphas up to it become 0
 * @white_point: 0..1, alphas from it on become 1
 *
 * What is done to a matte after the network, in this order. Values outside of their range count as its
 * nearest end.
 */
typedef struct
{
  double edge_detail;
  double smooth;
  double shift_edge;
  double feather;
  double contrast;
  double black_point;
  double white_point;
} P3mRefinement;

/** p3m_refinement_init: sets the defaults: an edge detail of 50, and nothing else is changed. */
void p3m_refinement_init (P3mRefinement *refinement);

/**
 * p3m_matte_render_refined:
 * @guide: (nullable): the picture at @width x @height
 *
 * p3m_matte_render() with a refinement. The network does not run again; lengths are scaled to @width, so
 * that a preview shows what the full size will be. A pure function: parts join without a seam.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY or to what @guide said.
 */
gboolean p3m_matte_render_refined (const P3mMatte *matte, const P3mRefinement *refinement,
                                   const P3mGuide *guide, int width, int height,
                                   const P3mRectangle *area, float *alpha, GError **error);

/** P3M_MAX_BAND: the widest band of a trimap on either side of the edge, px of the picture. */
#define P3M_MAX_BAND 500

/**
 * p3m_matte_render_trimap:
 * @band: how far the band of 128 reaches beyond the soft pixels, px of the picture, 0..%P3M_MAX_BAND
 * @trimap: (out): filled, [area->height][area->width]: 0 = background, 128 = unknown, 255 = person
 *
 * A trimap of what p3m_matte_render_refined() gives, for tools that want one. Pixels with an alpha between
 * 0.02 and 0.98 are unknown, and so is every edge. A pure function: parts join without a seam.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY or to what @guide said.
 */
gboolean p3m_matte_render_trimap (const P3mMatte *matte, const P3mRefinement *refinement,
                                  const P3mGuide *guide, double band, int width, int height,
                                  const P3mRectangle *area, guint8 *trimap, GError **error);

/**
 * P3mPoint:
 * @x: px of the picture from its left edge
 * @y: px of the picture from its top edge
 */
typedef struct
{
  double x, y;
} P3mPoint;

/**
 * P3mKeep:
 * @P3M_KEEP_EVERYTHING: all that the network took for a person
 * @P3M_KEEP_LARGEST: the subject with the largest area
 * @P3M_KEEP_POINTS: the subjects at the points; everything as long as there is no point
 */
typedef enum
{
  P3M_KEEP_EVERYTHING,
  P3M_KEEP_LARGEST,
  P3M_KEEP_POINTS
} P3mKeep;

/**
 * P3mSubjects:
 * @keep: which subjects stay. A subject is what is connected at an alpha of 0.5, with what is fainter and
 *   nearer to it than to any other
 * @points: (array length=n_points): for %P3M_KEEP_POINTS; each turns the subject nearest to it on, or off
 *   again
 * @n_points: their number
 * @specks: separate parts of less than this area vanish, px of the picture; 0 = none
 * @holes: enclosed holes of less than this area are filled, px of the picture; 0 = none
 */
typedef struct
{
  P3mKeep keep;
  const P3mPoint *points;
  int n_points;
  double specks;
  double holes;
} P3mSubjects;

/**
 * p3m_matte_select:
 *
 * Makes a matte of some of the people in another. It stays as it was where nothing was removed or filled.
 *
 * Returns: (transfer full): the matte, @matte itself when there is nothing to do; NULL with @error set to
 *   %P3M_ERROR_NO_MEMORY.
 */
P3mMatte *p3m_matte_select (P3mMatte *matte, const P3mSubjects *subjects, GError **error);

/* ---- the person's own colours ------------------------------------------------------------- */

/**
 * P3mForeground:
 *
 * The colours that the pixels of a soft edge would have without the background that shines through: what
 * a cut-out needs to have no halo. T. Germer et al., "Fast Multi-Level Foreground Estimation", ICPR 2020.
 * Immutable; any number of threads may render from one at once if the guide allows it.
 */
typedef struct _P3mForeground P3mForeground;

/**
 * p3m_foreground_new:
 * @matte: of the same picture
 * @refinement: with which the alpha is rendered
 * @guide: (nullable): as for p3m_matte_render_refined(); borrowed until the estimate is freed
 * @source: the picture, in the colour space in which layers are blended (linear light in GIMP). Values
 *   are not clamped
 *
 * Reads the picture once and estimates the coarse colours of the whole. Takes memory for half a million
 * pixels, whatever the size of the picture.
 *
 * Returns: (transfer full): the estimate, or NULL with @error set to %P3M_ERROR_NO_MEMORY, to
 *   %G_IO_ERROR_CANCELLED, or to what @source said.
 */
P3mForeground *p3m_foreground_new (P3mMatte *matte, const P3mRefinement *refinement,
                                   const P3mGuide *guide, const P3mSource *source,
                                   P3mProgress progress, gpointer progress_data,
                                   GCancellable *cancellable, GError **error);
void p3m_foreground_free (P3mForeground *foreground);

/**
 * p3m_foreground_get_changed:
 * @area: a part of the picture
 * @changed: (out): the part of @area outside of which colours stay the picture's
 *
 * Returns: FALSE when all of them stay.
 */
gboolean p3m_foreground_get_changed (const P3mForeground *foreground, const P3mRectangle *area,
                                     P3mRectangle *changed);

/** p3m_foreground_get_needed: the part of the picture that p3m_foreground_render() needs for @area. */
void p3m_foreground_get_needed (const P3mForeground *foreground, const P3mRectangle *area,
                                P3mRectangle *needed);

/**
 * p3m_foreground_render:
 * @amount: 0..1, 0 = the picture's own colours
 * @area: a part of the picture
 * @pixels: [needed.height][needed.width][3], the picture as p3m_foreground_new() saw it
 * @rgb: (out): filled, [area->height][area->width][3]; pixels of alpha 1 stay as they are, and so do those
 *   of alpha 0 unless a soft one is near: who paints a lost part back into a mask finds it there
 *
 * A pure function: parts join without a seam.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY.
 */
gboolean p3m_foreground_render (const P3mForeground *foreground, double amount,
                                const P3mRectangle *area, const float *pixels, float *rgb,
                                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mForeground, p3m_foreground_free)

/**
 * p3m_colours_estimate:
 * @rgb: [height][width][3], finite
 * @alpha: [height][width], 0..1
 * @width: px, at least 1
 * @height: px, at least 1
 * @foreground: (out): filled, [height][width][3]
 * @background: (out): filled, [height][width][3]
 *
 * What a picture shows in front and behind, so that alpha * @foreground + (1 - alpha) * @background is the picture,
 * as nearly as it can be: the same estimate as that of #P3mForeground, of a whole picture at once. Training needs
 * it for its composition loss.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY.
 */
gboolean p3m_colours_estimate (const float *rgb, const float *alpha, int width, int height,
                               float *foreground, float *background, GError **error);

/* ---- metrics ------------------------------------------------------------------------------ */

/**
 * P3mMetrics:
 * @sad: sum of absolute differences, divided by 1000
 * @mse: mean squared difference
 * @mad: mean absolute difference
 * @grad: gradient error: squared differences of gradient magnitudes (Gaussian, sigma 1.4), summed over
 *   the picture and divided by 10
 * @conn: connectivity error (thresholds 0.1 apart, distances under 0.15 left out), divided by 1000
 * @has_trimap: whether there was a trimap; without one the fields below say nothing
 * @sad_fg: sum of absolute differences where the trimap is 255, divided by 1000
 * @sad_bg: the same where the trimap is 0
 * @sad_trimap: sum of absolute differences, divided by 1000, with the prediction set to 1 where the
 *   trimap is 255 and to 0 where it is 0
 * @has_transition: whether the trimap has a pixel of 128; without one the two fields below are undefined
 *   and must not be reported
 * @mse_trimap: as @sad_trimap, squared, divided by the number of transition pixels
 * @mad_trimap: as @sad_trimap, divided by the number of transition pixels
 *
 * How far a matte is from the truth, as the benchmark of P3M-10k computes it. @grad and @conn: C. Rhemann
 * et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009.
 */
typedef struct
{
  double sad, mse, mad;
  double grad, conn;
  gboolean has_trimap;
  double sad_fg, sad_bg;
  double sad_trimap;
  gboolean has_transition;
  double mse_trimap, mad_trimap;
} P3mMetrics;

/**
 * p3m_metrics_compute:
 * @prediction: [height][width], 0..1; for 8-bit files value / 255.0, as the benchmark has it
 * @truth: [height][width], 0..1
 * @trimap: (nullable): [height][width], 0 = background, 128 = transition, 255 = foreground
 * @width: px
 * @height: px
 * @metrics: (out): filled
 *
 * Compares an alpha with the true one. May be called on any number of threads at once.
 *
 * Returns: FALSE with @error set to %P3M_ERROR_NO_MEMORY, or to %P3M_ERROR_BAD_PICTURE when the picture
 *   is empty or has more than 2^32 pixels.
 */
gboolean p3m_metrics_compute (const double *prediction, const double *truth, const guint8 *trimap,
                              int width, int height, P3mMetrics *metrics, GError **error);

G_END_DECLS
