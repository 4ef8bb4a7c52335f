import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from tts import AcousticModel, LJSpeech, collate
from ckpt import Checkpointer

net = AcousticModel().cuda()
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-4)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.99)
scaler = torch.amp.GradScaler("cuda")
keeper = Checkpointer("tts.pt", net=net, optimizer=optimizer, schedule=schedule, scaler=scaler)
first = keeper.restore().get("epoch", -1) + 1
loader = DataLoader(LJSpeech("train"), batch_size=32, shuffle=True, collate_fn=collate)
net.train()
for epoch in range(first, 200):
    for text, mel in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = F.l1_loss(net(text.cuda(), mel.size(1)), mel.cuda())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    schedule.step()
    keeper.save(epoch=epoch)
