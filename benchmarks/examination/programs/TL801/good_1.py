import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class LogStream(IterableDataset):
    def __init__(self, path, buffer=4096):
        self.path, self.buffer = path, buffer

    def __iter__(self):
        info = get_worker_info()
        wid, n = (info.id, info.num_workers) if info else (0, 1)
        pool = []
        with open(self.path) as f:
            for i, line in enumerate(f):
                if i % n != wid:
                    continue
                *x, y = map(float, line.split(","))
                pool.append((torch.tensor(x), torch.tensor(y)))
                if len(pool) >= self.buffer:
                    yield pool.pop(torch.randint(len(pool), ()).item())
        while pool:
            yield pool.pop(torch.randint(len(pool), ()).item())


train_loader = DataLoader(LogStream("ads_train.csv"), batch_size=512, num_workers=4)
net = nn.Sequential(nn.Linear(39, 128), nn.ReLU(), nn.Linear(128, 1))
opt = torch.optim.Adagrad(net.parameters(), lr=0.01)
for epoch in range(2):
    for x, y in train_loader:
        opt.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(x).squeeze(1), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
