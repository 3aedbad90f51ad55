/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The files that are made of one picture and its matte. */
#pragma once

#include <gegl.h>

#include "output.h"
#include "settings.h"

G_BEGIN_DECLS

typedef enum
{
  PRODUCT_CUT_OUT, /* the picture with a transparent background */
  PRODUCT_MASK,    /* the alpha */
  PRODUCT_TRIMAP,  /* background, unknown and person */
  N_PRODUCTS
} ProductKind;

/* "cut-out", "mask", "trimap" */
extern const char *const product_names[N_PRODUCTS];

/* Whether this kind of product can be written under a name that ends like `path`. */
gboolean product_is_name (ProductKind kind, const char *path);

/* What is rendered for the files that are wanted; NULL where nothing needs it. */
typedef struct
{
  GeglBuffer *picture; /* borrowed */
  GeglBuffer *colours; /* without those of the background, "RGB float" */
  GeglBuffer *alpha;   /* "Y float" */
  GeglBuffer *trimap;  /* "Y u8" */
} Products;

/* paths: where the products are wanted, NULL = nowhere. picture: kept until `products` is cleared. */
gboolean products_render (Products *products, GeglBuffer *picture, P3mMatte *matte,
                          const P3mSettings *settings, const char *const paths[N_PRODUCTS],
                          P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                          GError **error);
void products_clear (Products *products);

/* Whether a thousandth of the picture is more opaque than transparent. */
gboolean products_have_person (const Products *products);

/* Writes a product to the temporary file of `output`, which was begun. */
gboolean products_write (const Products *products, ProductKind kind, const Output *output,
                         GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Products, products_clear)

G_END_DECLS
