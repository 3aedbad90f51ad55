/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A restricted reader of pickles: a stack machine with a fixed list of opcodes and of names. What Python
 * would call (REDUCE) is looked up in that list and done here; there is no way from a file to any other
 * code. */
#include "pickle.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A checkpoint of P3M-Net needs some 20,000 values, 2000 on the stack and 10,000 in the memo. */
#define MAX_VALUES (1 << 20)
#define MAX_STACK  (1 << 16)
#define MAX_MARKS  1000
#define MAX_MEMO   (1 << 18)
#define MAX_ITEMS  (1 << 20)
#define MAX_TEXT   (1 << 16)

enum
{
  NAME_ORDERED_DICT,
  NAME_TENSOR,
  NAME_PARAMETER,
  NAME_STORAGE
};

static const struct
{
  const char *name;
  int what;
  P3mDtype dtype; /* of a storage */
} names[] = {
  { "collections.OrderedDict", NAME_ORDERED_DICT, 0 },
  { "torch._utils._rebuild_tensor_v2", NAME_TENSOR, 0 },
  { "torch._utils._rebuild_parameter", NAME_PARAMETER, 0 },
  { "torch.FloatStorage", NAME_STORAGE, P3M_DTYPE_F32 },
  { "torch.HalfStorage", NAME_STORAGE, P3M_DTYPE_F16 },
  { "torch.BFloat16Storage", NAME_STORAGE, P3M_DTYPE_BF16 },
  { "torch.DoubleStorage", NAME_STORAGE, P3M_DTYPE_F64 },
  { "torch.LongStorage", NAME_STORAGE, P3M_DTYPE_I64 },
  { "torch.IntStorage", NAME_STORAGE, P3M_DTYPE_I32 },
  { "torch.ShortStorage", NAME_STORAGE, P3M_DTYPE_I16 },
  { "torch.CharStorage", NAME_STORAGE, P3M_DTYPE_I8 },
  { "torch.ByteStorage", NAME_STORAGE, P3M_DTYPE_U8 },
  { "torch.BoolStorage", NAME_STORAGE, P3M_DTYPE_BOOL },
};

typedef struct
{
  const guint8 *bytes;
  gsize length, position;
  GPtrArray *values; /* owns */
  GPtrArray *stack, *memo;
  GArray *marks; /* of guint: sizes of the stack */
  guint items;   /* in all containers together */
  P3mPickleValue *root;
  char *fault;
} Machine;

/* ---- faults and bytes --------------------------------------------------------------------- */

static gboolean G_GNUC_PRINTF (2, 3) refuse (Machine *machine, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  if (!machine->fault)
    machine->fault = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
refuse_damaged (Machine *machine)
{
  return refuse (machine, _ ("its description is damaged"));
}

/* The next count bytes; NULL when there are fewer. */
static const guint8 *
take_bytes (Machine *machine, gsize count)
{
  if (count > machine->length - machine->position)
    {
      refuse (machine, _ ("its description is cut off"));
      return NULL;
    }
  const guint8 *bytes = machine->bytes + machine->position;
  machine->position += count;
  return bytes;
}

/* A little-endian number of 1 to 8 bytes. */
static gboolean
take_number (Machine *machine, gsize count, guint64 *number)
{
  const guint8 *bytes = take_bytes (machine, count);
  *number = 0;
  if (!bytes)
    return FALSE;
  for (gsize i = 0; i < count; i++)
    *number |= (guint64) bytes[i] << (8 * i);
  return TRUE;
}

/* The next line without its end, to be freed. */
static char *
take_line (Machine *machine)
{
  const guint8 *start = machine->bytes + machine->position;
  const gsize rest = MIN (machine->length - machine->position, 256);
  const guint8 *end = memchr (start, '\n', rest);
  if (!end || !g_utf8_validate ((const char *) start, end - start, NULL))
    {
      refuse_damaged (machine);
      return NULL;
    }
  machine->position += end - start + 1;
  return g_strndup ((const char *) start, end - start);
}

/* ---- values ------------------------------------------------------------------------------- */

static void
free_value (gpointer data)
{
  P3mPickleValue *value = data;
  if (value->kind == P3M_PICKLE_TEXT)
    g_free (value->text);
  else if (value->kind == P3M_PICKLE_TUPLE || value->kind == P3M_PICKLE_LIST
           || value->kind == P3M_PICKLE_DICT)
    g_ptr_array_unref (value->items);
  g_free (value);
}

static gboolean
push (Machine *machine, P3mPickleValue *value)
{
  if (machine->stack->len >= MAX_STACK)
    return refuse (machine, _ ("its description needs too much memory"));
  g_ptr_array_add (machine->stack, value);
  return TRUE;
}

/* A new value on the stack; NULL when there are too many. */
static P3mPickleValue *
push_new (Machine *machine, P3mPickleKind kind)
{
  if (machine->values->len >= MAX_VALUES)
    {
      refuse (machine, _ ("its description needs too much memory"));
      return NULL;
    }
  P3mPickleValue *value = g_new0 (P3mPickleValue, 1);
  value->kind = kind;
  if (kind == P3M_PICKLE_TUPLE || kind == P3M_PICKLE_LIST || kind == P3M_PICKLE_DICT)
    value->items = g_ptr_array_new ();
  g_ptr_array_add (machine->values, value);
  return push (machine, value) ? value : NULL;
}

/* The stack below the last mark is out of reach until the mark is taken. */
static guint
get_floor (const Machine *machine)
{
  return machine->marks->len ? g_array_index (machine->marks, guint, machine->marks->len - 1) : 0;
}

/* NULL when there is nothing above the last mark. */
static P3mPickleValue *
pop (Machine *machine)
{
  if (machine->stack->len <= get_floor (machine))
    {
      refuse_damaged (machine);
      return NULL;
    }
  return g_ptr_array_steal_index (machine->stack, machine->stack->len - 1);
}

static P3mPickleValue *
peek (Machine *machine)
{
  if (machine->stack->len <= get_floor (machine))
    {
      refuse_damaged (machine);
      return NULL;
    }
  return g_ptr_array_index (machine->stack, machine->stack->len - 1);
}

/* Takes the last mark: `start` is the place of the first value above it. */
static gboolean
take_mark (Machine *machine, guint *start)
{
  *start = get_floor (machine);
  if (machine->marks->len == 0)
    return refuse_damaged (machine);
  g_array_set_size (machine->marks, machine->marks->len - 1);
  return TRUE;
}

/* Moves what is on the stack from `start` into a container. */
static gboolean
collect (Machine *machine, guint start, P3mPickleValue *container)
{
  const guint count = machine->stack->len - start;
  if (count > MAX_ITEMS - machine->items)
    return refuse (machine, _ ("its description needs too much memory"));
  machine->items += count;
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (container->items, machine->stack->pdata[start + i]);
  g_ptr_array_set_size (machine->stack, start);
  return TRUE;
}

/* ---- plain values ------------------------------------------------------------------------- */

static gboolean
op_proto (Machine *machine)
{
  guint64 version;
  if (!take_number (machine, 1, &version))
    return FALSE;
  if (version < 2 || version > 5)
    return refuse (machine, _ ("its description has the unknown version %d"), (int) version);
  return TRUE;
}

static gboolean
op_frame (Machine *machine)
{
  return take_bytes (machine, 8) != NULL;
}

static gboolean
op_none (Machine *machine)
{
  return push_new (machine, P3M_PICKLE_NONE) != NULL;
}

static gboolean
push_integer (Machine *machine, P3mPickleKind kind, gint64 number)
{
  P3mPickleValue *value = push_new (machine, kind);
  if (value)
    value->integer = number;
  return value != NULL;
}

static gboolean
op_true (Machine *machine)
{
  return push_integer (machine, P3M_PICKLE_BOOL, TRUE);
}

static gboolean
op_false (Machine *machine)
{
  return push_integer (machine, P3M_PICKLE_BOOL, FALSE);
}

static gboolean
op_int1 (Machine *machine)
{
  guint64 number;
  return take_number (machine, 1, &number) && push_integer (machine, P3M_PICKLE_INT, number);
}

static gboolean
op_int2 (Machine *machine)
{
  guint64 number;
  return take_number (machine, 2, &number) && push_integer (machine, P3M_PICKLE_INT, number);
}

static gboolean
op_int4 (Machine *machine)
{
  guint64 number;
  return take_number (machine, 4, &number)
         && push_integer (machine, P3M_PICKLE_INT, (gint32) (guint32) number);
}

/* Two's complement in as many bytes as the first one says. */
static gboolean
op_long1 (Machine *machine)
{
  guint64 count, number;
  if (!take_number (machine, 1, &count))
    return FALSE;
  if (count > 8)
    return refuse (machine, _ ("its description holds a number of more than 64 bits"));
  if (!take_number (machine, count, &number))
    return FALSE;
  if (count > 0 && count < 8 && number >> (8 * count - 1))
    number |= G_MAXUINT64 << (8 * count);
  return push_integer (machine, P3M_PICKLE_INT, (gint64) number);
}

static gboolean
op_float (Machine *machine)
{
  return take_bytes (machine, 8) && push_new (machine, P3M_PICKLE_FLOAT);
}

static gboolean
push_text (Machine *machine, gsize length_bytes)
{
  guint64 length;
  if (!take_number (machine, length_bytes, &length))
    return FALSE;
  if (length > MAX_TEXT)
    return refuse (machine, _ ("its description holds a text of more than %d kB"), MAX_TEXT >> 10);
  const char *text = (const char *) take_bytes (machine, length);
  if (!text)
    return FALSE;
  if (!g_utf8_validate (text, length, NULL))
    return refuse_damaged (machine);
  P3mPickleValue *value = push_new (machine, P3M_PICKLE_TEXT);
  if (value)
    value->text = g_strndup (text, length);
  return value != NULL;
}

static gboolean
op_text1 (Machine *machine)
{
  return push_text (machine, 1);
}

static gboolean
op_text4 (Machine *machine)
{
  return push_text (machine, 4);
}

/* ---- containers --------------------------------------------------------------------------- */

static gboolean
op_mark (Machine *machine)
{
  const guint size = machine->stack->len;
  if (machine->marks->len >= MAX_MARKS)
    return refuse (machine, _ ("its description is nested too deeply"));
  g_array_append_val (machine->marks, size);
  return TRUE;
}

/* A tuple of all that is on the stack from `start`. */
static gboolean
make_tuple (Machine *machine, guint start)
{
  P3mPickleValue *tuple = push_new (machine, P3M_PICKLE_TUPLE);
  if (!tuple)
    return FALSE;
  g_ptr_array_set_size (machine->stack, machine->stack->len - 1);
  return collect (machine, start, tuple) && push (machine, tuple);
}

static gboolean
op_tuple (Machine *machine)
{
  guint start;
  return take_mark (machine, &start) && make_tuple (machine, start);
}

static gboolean
make_short_tuple (Machine *machine, guint count)
{
  if (machine->stack->len - get_floor (machine) < count)
    return refuse_damaged (machine);
  return make_tuple (machine, machine->stack->len - count);
}

static gboolean
op_empty_tuple (Machine *machine)
{
  return make_short_tuple (machine, 0);
}

static gboolean
op_tuple1 (Machine *machine)
{
  return make_short_tuple (machine, 1);
}

static gboolean
op_tuple2 (Machine *machine)
{
  return make_short_tuple (machine, 2);
}

static gboolean
op_tuple3 (Machine *machine)
{
  return make_short_tuple (machine, 3);
}

static gboolean
op_empty_list (Machine *machine)
{
  return push_new (machine, P3M_PICKLE_LIST) != NULL;
}

static gboolean
op_empty_dict (Machine *machine)
{
  return push_new (machine, P3M_PICKLE_DICT) != NULL;
}

/* Adds all that is on the stack from `start` to the container below it. */
static gboolean
extend (Machine *machine, guint start, P3mPickleKind kind)
{
  if (start <= get_floor (machine))
    return refuse_damaged (machine);
  P3mPickleValue *container = g_ptr_array_index (machine->stack, start - 1);
  if (container->kind != kind
      || (kind == P3M_PICKLE_DICT && (machine->stack->len - start) % 2 != 0))
    return refuse_damaged (machine);
  return collect (machine, start, container);
}

static gboolean
extend_by (Machine *machine, guint count, P3mPickleKind kind)
{
  if (machine->stack->len - get_floor (machine) < count)
    return refuse_damaged (machine);
  return extend (machine, machine->stack->len - count, kind);
}

static gboolean
op_append (Machine *machine)
{
  return extend_by (machine, 1, P3M_PICKLE_LIST);
}

static gboolean
op_set_item (Machine *machine)
{
  return extend_by (machine, 2, P3M_PICKLE_DICT);
}

static gboolean
op_appends (Machine *machine)
{
  guint start;
  return take_mark (machine, &start) && extend (machine, start, P3M_PICKLE_LIST);
}

static gboolean
op_set_items (Machine *machine)
{
  guint start;
  return take_mark (machine, &start) && extend (machine, start, P3M_PICKLE_DICT);
}

/* ---- memo --------------------------------------------------------------------------------- */

static gboolean
put (Machine *machine, guint64 index)
{
  P3mPickleValue *value = peek (machine);
  if (!value)
    return FALSE;
  if (index >= MAX_MEMO)
    return refuse (machine, _ ("its description needs too much memory"));
  if (index >= machine->memo->len)
    g_ptr_array_set_size (machine->memo, index + 1);
  machine->memo->pdata[index] = value;
  return TRUE;
}

static gboolean
get (Machine *machine, guint64 index)
{
  if (index >= machine->memo->len || !machine->memo->pdata[index])
    return refuse_damaged (machine);
  return push (machine, machine->memo->pdata[index]);
}

static gboolean
op_put1 (Machine *machine)
{
  guint64 index;
  return take_number (machine, 1, &index) && put (machine, index);
}

static gboolean
op_put4 (Machine *machine)
{
  guint64 index;
  return take_number (machine, 4, &index) && put (machine, index);
}

static gboolean
op_memoize (Machine *machine)
{
  return put (machine, machine->memo->len);
}

static gboolean
op_get1 (Machine *machine)
{
  guint64 index;
  return take_number (machine, 1, &index) && get (machine, index);
}

static gboolean
op_get4 (Machine *machine)
{
  guint64 index;
  return take_number (machine, 4, &index) && get (machine, index);
}

/* ---- names -------------------------------------------------------------------------------- */

static gboolean
push_name (Machine *machine, const char *module, const char *member)
{
  g_autofree char *name = g_strconcat (module, ".", member, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].name, name))
      {
        P3mPickleValue *value = push_new (machine, P3M_PICKLE_NAME);
        if (value)
          value->name = (int) i;
        return value != NULL;
      }
  g_autofree char *shown = g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), 80));
  for (char *p = shown; *p; p++)
    if (g_ascii_iscntrl (*p))
      *p = '?';
  return refuse (machine, _ ("it asks for %s, which is no part of a checkpoint's tensors"), shown);
}

static gboolean
op_global (Machine *machine)
{
  g_autofree char *module = take_line (machine);
  g_autofree char *member = module ? take_line (machine) : NULL;
  return member && push_name (machine, module, member);
}

static gboolean
op_stack_global (Machine *machine)
{
  const P3mPickleValue *member = pop (machine);
  const P3mPickleValue *module = member ? pop (machine) : NULL;
  if (!module)
    return FALSE;
  if (member->kind != P3M_PICKLE_TEXT || module->kind != P3M_PICKLE_TEXT)
    return refuse_damaged (machine);
  return push_name (machine, module->text, member->text);
}

/* Item i of a tuple if it is of that kind; else NULL. */
static P3mPickleValue *
get_item (const P3mPickleValue *tuple, guint i, P3mPickleKind kind)
{
  if (i >= tuple->items->len)
    return NULL;
  P3mPickleValue *item = g_ptr_array_index (tuple->items, i);
  return item->kind == kind ? item : NULL;
}

/* ---- storages and tensors ----------------------------------------------------------------- */

static gboolean
read_size (const P3mPickleValue *value, gsize *size)
{
  if (!value || value->kind != P3M_PICKLE_INT || value->integer < 0)
    return FALSE;
  *size = value->integer;
  return TRUE;
}

/* The legacy layout lets a storage show a part of another one: (key, first, count). */
static gboolean
read_view (const P3mPickleValue *view, P3mPickleStorage *storage)
{
  return read_size (get_item (view, 1, P3M_PICKLE_INT), &storage->first)
         && read_size (get_item (view, 2, P3M_PICKLE_INT), &storage->count)
         && storage->first <= storage->total && storage->count <= storage->total - storage->first;
}

/* ("storage", class, key, device, count) and, in the legacy layout, a view or None. */
static gboolean
op_storage (Machine *machine)
{
  const P3mPickleValue *id = pop (machine);
  if (!id || id->kind != P3M_PICKLE_TUPLE)
    return refuse_damaged (machine);
  const P3mPickleValue *tag = get_item (id, 0, P3M_PICKLE_TEXT);
  const P3mPickleValue *class = get_item (id, 1, P3M_PICKLE_NAME);
  const P3mPickleValue *key = get_item (id, 2, P3M_PICKLE_TEXT);
  const P3mPickleValue *view = get_item (id, 5, P3M_PICKLE_TUPLE);
  P3mPickleStorage storage = { 0 };
  if (!tag || !g_str_equal (tag->text, "storage")
      || !class || names[class->name].what != NAME_STORAGE || !key
      || !read_size (get_item (id, 4, P3M_PICKLE_INT), &storage.total))
    return refuse_damaged (machine);
  storage.key = key->text;
  storage.dtype = names[class->name].dtype;
  storage.count = storage.total;
  if (view && !read_view (view, &storage))
    return refuse_damaged (machine);
  P3mPickleValue *value = push_new (machine, P3M_PICKLE_STORAGE);
  if (value)
    value->storage = storage;
  return value != NULL;
}

/* The number of elements, and that the last one lies inside the storage. */
static gboolean
check_extent (P3mPickleTensor *tensor)
{
  const P3mPickleStorage *storage = tensor->storage;
  gsize last = tensor->offset, span;
  tensor->length = 1;
  for (int i = 0; i < tensor->rank; i++)
    if (!g_size_checked_mul (&tensor->length, tensor->length, tensor->shape[i]))
      return FALSE;
  if (tensor->length > 0)
    for (int i = 0; i < tensor->rank; i++)
      if (!g_size_checked_mul (&span, tensor->shape[i] - 1, tensor->stride[i])
          || !g_size_checked_add (&last, last, span))
        return FALSE;
  if (tensor->length > 0 && last >= storage->count)
    return FALSE;
  tensor->offset += storage->first;
  return TRUE;
}

/* _rebuild_tensor_v2 (storage, offset, shape, stride, requires_grad, hooks) */
static gboolean
build_tensor (Machine *machine, const P3mPickleValue *arguments)
{
  P3mPickleTensor tensor = { 0 };
  const P3mPickleValue *storage = get_item (arguments, 0, P3M_PICKLE_STORAGE);
  const P3mPickleValue *shape = get_item (arguments, 2, P3M_PICKLE_TUPLE);
  const P3mPickleValue *stride = get_item (arguments, 3, P3M_PICKLE_TUPLE);
  if (!storage || !shape || !stride || shape->items->len != stride->items->len
      || !read_size (get_item (arguments, 1, P3M_PICKLE_INT), &tensor.offset))
    return refuse_damaged (machine);
  if (shape->items->len > P3M_PICKLE_MAX_RANK)
    return refuse (machine, _ ("it has a tensor of more than %d dimensions"), P3M_PICKLE_MAX_RANK);
  tensor.storage = &storage->storage;
  tensor.rank = shape->items->len;
  for (int i = 0; i < tensor.rank; i++)
    if (!read_size (get_item (shape, i, P3M_PICKLE_INT), tensor.shape + i)
        || !read_size (get_item (stride, i, P3M_PICKLE_INT), tensor.stride + i))
      return refuse_damaged (machine);
  if (!check_extent (&tensor))
    return refuse (machine, _ ("it has a tensor that is larger than its storage"));
  P3mPickleValue *value = push_new (machine, P3M_PICKLE_TENSOR);
  if (value)
    value->tensor = tensor;
  return value != NULL;
}

static gboolean
op_reduce (Machine *machine)
{
  const P3mPickleValue *arguments = pop (machine);
  const P3mPickleValue *callable = arguments ? pop (machine) : NULL;
  if (!callable)
    return FALSE;
  if (callable->kind != P3M_PICKLE_NAME || arguments->kind != P3M_PICKLE_TUPLE)
    return refuse_damaged (machine);
  P3mPickleValue *data = get_item (arguments, 0, P3M_PICKLE_TENSOR);
  switch (names[callable->name].what)
    {
    case NAME_ORDERED_DICT:
      if (arguments->items->len > 0)
        break;
      return push_new (machine, P3M_PICKLE_DICT) != NULL;
    case NAME_TENSOR:
      return build_tensor (machine, arguments);
    case NAME_PARAMETER:
      if (!data)
        break;
      return push (machine, data);
    }
  return refuse (machine, _ ("it uses %s in an unknown way"), names[callable->name].name);
}

/* Attributes of a dictionary (a state dict's version numbers): dropped. */
static gboolean
op_build (Machine *machine)
{
  const P3mPickleValue *state = pop (machine);
  const P3mPickleValue *object = state ? peek (machine) : NULL;
  if (!object)
    return FALSE;
  if (object->kind != P3M_PICKLE_DICT || state->kind != P3M_PICKLE_DICT)
    return refuse_damaged (machine);
  return TRUE;
}

static gboolean
op_stop (Machine *machine)
{
  if (machine->marks->len > 0 || machine->stack->len != 1)
    return refuse_damaged (machine);
  machine->root = machine->stack->pdata[0];
  return TRUE;
}

/* ---- the machine -------------------------------------------------------------------------- */

/* By the names of Python's pickletools: MARK, EMPTY_TUPLE, STOP, BINFLOAT, BININT, BININT1, BININT2, NONE,
 * BINPERSID, REDUCE, SHORT_BINSTRING, BINUNICODE, EMPTY_LIST, APPEND, BUILD, GLOBAL, APPENDS, BINGET,
 * LONG_BINGET, BINPUT, LONG_BINPUT, SETITEM, TUPLE, SETITEMS, EMPTY_DICT, PROTO, TUPLE1 .. TUPLE3,
 * NEWTRUE, NEWFALSE, LONG1, SHORT_BINUNICODE, STACK_GLOBAL, MEMOIZE, FRAME. */
static gboolean (*const opcodes[256]) (Machine *machine) = {
  ['('] = op_mark,       [')'] = op_empty_tuple,   ['.'] = op_stop,     ['G'] = op_float,
  ['J'] = op_int4,       ['K'] = op_int1,          ['M'] = op_int2,     ['N'] = op_none,
  ['Q'] = op_storage,    ['R'] = op_reduce,        ['U'] = op_text1,    ['X'] = op_text4,
  [']'] = op_empty_list, ['a'] = op_append,        ['b'] = op_build,    ['c'] = op_global,
  ['e'] = op_appends,    ['h'] = op_get1,          ['j'] = op_get4,     ['q'] = op_put1,
  ['r'] = op_put4,       ['s'] = op_set_item,      ['t'] = op_tuple,    ['u'] = op_set_items,
  ['}'] = op_empty_dict, [0x80] = op_proto,        [0x85] = op_tuple1,  [0x86] = op_tuple2,
  [0x87] = op_tuple3,    [0x88] = op_true,         [0x89] = op_false,   [0x8a] = op_long1,
  [0x8c] = op_text1,     [0x93] = op_stack_global, [0x94] = op_memoize, [0x95] = op_frame,
};

static void
run (Machine *machine)
{
  while (!machine->root && !machine->fault)
    {
      const guint8 *opcode = take_bytes (machine, 1);
      if (!opcode)
        return;
      if (!opcodes[*opcode])
        refuse (machine,
                _ ("its description uses the pickle operation 0x%02x, which is not allowed"),
                *opcode);
      else
        opcodes[*opcode](machine);
    }
}

P3mPickle *
p3m_pickle_read (const guint8 *bytes, gsize length, char **fault)
{
  Machine machine = { .bytes = bytes, .length = length };
  machine.values = g_ptr_array_new_with_free_func (free_value);
  machine.stack = g_ptr_array_new ();
  machine.memo = g_ptr_array_new ();
  machine.marks = g_array_new (FALSE, FALSE, sizeof (guint));
  run (&machine);
  g_ptr_array_unref (machine.stack);
  g_ptr_array_unref (machine.memo);
  g_array_unref (machine.marks);
  *fault = machine.fault;
  if (machine.fault)
    {
      g_ptr_array_unref (machine.values);
      return NULL;
    }
  P3mPickle *pickle = g_new (P3mPickle, 1);
  pickle->values = machine.values;
  pickle->root = machine.root;
  pickle->used = machine.position;
  return pickle;
}

void
p3m_pickle_free (P3mPickle *pickle)
{
  g_ptr_array_unref (pickle->values);
  g_free (pickle);
}

const P3mPickleValue *
p3m_pickle_lookup (const P3mPickleValue *dict, const char *key)
{
  if (dict->kind != P3M_PICKLE_DICT)
    return NULL;
  for (guint i = 0; i < dict->items->len; i += 2)
    {
      const P3mPickleValue *item = g_ptr_array_index (dict->items, i);
      if (item->kind == P3M_PICKLE_TEXT && g_str_equal (item->text, key))
        return g_ptr_array_index (dict->items, i + 1);
    }
  return NULL;
}
