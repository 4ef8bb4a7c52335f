import torch
from dqn import Dqn
from offline import transitions

data = transitions("mountain_car.npz")
dqn = Dqn(2, 3)
for it in range(100_000):
    idx = torch.randint(len(data["s"]), (128,))
    loss = dqn.step(*(data[k][idx] for k in ("s", "a", "r", "s2", "done")))
    if it % 500 == 0:
        dqn.sync()
        print(it, loss)
torch.save(dqn.q.state_dict(), "dqn.pt")
