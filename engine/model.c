/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* P3mModel: a model file found, checked and folded into a network that runs. */
#include "model.h"

#include "model/registry.h"

struct _P3mModel
{
  gatomicrefcount references;
  P3mModelInfo *info;
  P3mNet *net;
};

GQuark
p3m_error_quark (void)
{
  return g_quark_from_static_string ("p3m-error-quark");
}

P3mModel *
p3m_model_load (const char *name, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = p3m_registry_find (name, error);
  if (!path)
    return NULL;
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, error);
  if (!weights)
    return NULL;
  P3mNet *net = p3m_net_new (weights, cancellable, error);
  if (!net)
    return NULL;
  P3mModel *model = g_new0 (P3mModel, 1);
  g_atomic_ref_count_init (&model->references);
  model->info = p3m_model_info_copy (p3m_weights_get_info (weights));
  model->net = net;
  return model;
}

P3mModel *
p3m_model_ref (P3mModel *model)
{
  g_atomic_ref_count_inc (&model->references);
  return model;
}

void
p3m_model_unref (P3mModel *model)
{
  if (!g_atomic_ref_count_dec (&model->references))
    return;
  p3m_net_free (model->net);
  p3m_model_info_free (model->info);
  g_free (model);
}

const P3mModelInfo *
p3m_model_get_info (const P3mModel *model)
{
  return model->info;
}

const P3mNet *
p3m_model_get_net (const P3mModel *model)
{
  return model->net;
}
