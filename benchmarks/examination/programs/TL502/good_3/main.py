import lightning as L
from torch.utils.data import DataLoader
from module import Denoise
from vctk import NoisySpeech

EPOCHS = 40
trainer = L.Trainer(max_epochs=EPOCHS, gradient_clip_val=1.0)
trainer.fit(Denoise(lr=1e-3, epochs=EPOCHS),
            DataLoader(NoisySpeech("train"), batch_size=16, shuffle=True, num_workers=4),
            DataLoader(NoisySpeech("val"), batch_size=16, num_workers=4))
