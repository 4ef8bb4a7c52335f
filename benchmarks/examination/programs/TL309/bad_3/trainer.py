import torch


class Trainer:
    def __init__(self, net, lr):
        self.net = net
        self.optim = torch.optim.AdamW(net.parameters(), lr=lr)
        self.scaler = torch.amp.GradScaler("cuda")
        self.step_no = 0

    def state_dict(self):
        return {"net": self.net.state_dict(), "optim": self.optim.state_dict(), "step": self.step_no}  # HERE

    def load_state_dict(self, state):
        self.net.load_state_dict(state["net"])
        self.optim.load_state_dict(state["optim"])
        self.step_no = state["step"]

    def step(self, batch):
        self.optim.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=torch.float16):
            loss = self.net.loss(batch)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optim)
        self.scaler.update()
        self.step_no += 1
        return loss.item()
