def heads(x, n):
    b, t, d = x.shape
    return x.view(b, t, n, d // n).transpose(1, 2)


def unheads(x):
    b, n, t, d = x.shape
    return x.transpose(1, 2).contiguous().view(b, t, n * d)


def channel_shuffle(x, groups):
    b, c, h, w = x.shape
    return x.view(b, groups, c // groups, h, w).transpose(1, 2).reshape(b, c, h, w)


def to_map(tokens, h, w):
    return tokens.transpose(1, 2).reshape(tokens.size(0), -1, h, w)
